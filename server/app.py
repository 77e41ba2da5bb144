"""The whole server: the one file that knows every part, opens them in order and closes them in reverse."""

from __future__ import annotations

import asyncio
import gc
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from aiohttp import web

from server import __version__, logs, sharing
from server.clock import now
from server.errors import ChatError
from server.followers import search_index
from server.followers.address_guard import GuardedResolver
from server.followers.fetching import Fetcher
from server.followers.follow import Follower
from server.followers.link_previews import LinkPreviews
from server.followers.notifier import NAME as NOTIFIER
from server.followers.notifier import Notifier
from server.loop import new_loop
from server.parts import Parts, parts_of
from server.protocol import base, chat
from server.readings import Readings
from server.realtime import roll_call
from server.realtime.comings import Comings
from server.realtime.delivery import Delivery
from server.realtime.heads import Beacon
from server.realtime.periodic import Periodic
from server.realtime.publisher import Publisher
from server.realtime.rooms import CHAT, NOTIFICATIONS
from server.realtime.sweep import Sweep
from server.services.members import MAX_MEMBERS
from server.settings import Rate, Settings
from server.storage import joining, log, server_values
from server.storage.database import Database
from server.transport import chat as chat_door
from server.transport import guard
from server.transport import notifications as notifications_door
from server.transport.access import access
from server.transport.chat import ConnectionCommands, Welcome
from server.transport.namespace import PROTOCOL, CommandNamespace
from server.transport.peers import Peers
from server.transport.rates import MessageRate
from server.transport.routes import accounts as account_routes
from server.transport.routes import conversations as conversation_routes
from server.transport.routes import docs as docs_routes
from server.transport.routes import files as file_routes
from server.transport.routes import frontend as frontend_routes
from server.transport.routes import health as health_routes
from server.transport.routes import invites as invite_routes
from server.transport.routes import sessions as session_routes
from server.transport.routes import stream as stream_routes
from server.transport.routes import uploads as upload_routes
from server.transport.routes.sessions import SignIns
from server.workers import listen, place_of

_log = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"
DRAIN_RETRY_MS = 2000
STREAMS_BEGUN = Rate(60, 4.0)
"""So many streams and polls an account may begin at once, and then in each second."""
SESSION_CHECK_S = 2.0
"""The command line ends sessions beside this process; asking costs one indexed query."""
SWEEP_S = 3600.0
TIDY_S = 6 * 3600.0
"""What was removed from the search index leaves the file then; it is not found from the first moment on."""
READY_S = 2.0
"""Whoever asks whether it is ready gives up soon; a database that stands still must not look like no process at all."""
FILES_CHECK_S = 10.0
"""Readiness only repeats what was found last: a store that hangs must not make every probe hang."""


def run(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM."""
    logs.set_up(settings.log_level, settings.log_format, worker=settings.worker)
    app = build_app(settings)
    place = place_of(settings)
    # What is imported and built stays for good; the collector's default of 700 objects is for smaller programs.
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    web.run_app(
        app,
        host=None if place.socket else settings.host,
        port=None if place.socket else settings.port,
        sock=listen(place.socket) if place.socket else None,
        access_log=None,
        print=None,
        loop=new_loop(),
        shutdown_timeout=5.0,
    )


def build_app(settings: Settings) -> web.Application:
    """The application: every door, and everything behind it, opened when it starts."""
    parts = parts_of(settings)
    app = web.Application(middlewares=[access(parts.metrics)])
    guard.install(app, parts.origins)
    # Before the sockets' own goodbye: clients are told first when to come back.
    app.on_shutdown.append(_drained(parts))
    parts.sockets.attach(app, socketio_path="socket.io")
    app.add_routes(_routes(parts))
    app.cleanup_ctx.append(_opened(parts))
    app[PARTS] = parts
    return app


PARTS: web.AppKey[Parts] = web.AppKey("parts", Parts)


def _routes(parts: Parts) -> list[web.RouteDef]:
    settings, invites = parts.settings, parts.chat.invites
    peers = Peers(settings.trusted_proxies)
    sign_ins = SignIns(
        parts.origins,
        peers,
        secure=settings.is_https,
        is_connected=parts.everywhere.is_connected,
    )
    return [
        *account_routes.routes(parts.accounts, parts.identity, sign_ins, settings.server_name),
        *session_routes.routes(parts.sessions, parts.identity, sign_ins),
        *conversation_routes.routes(parts.chat.conversations, parts.chat.messages, parts.identity),
        *stream_routes.routes(parts.streams, parts.identity, MessageRate(STREAMS_BEGUN)),
        *file_routes.routes(
            parts.files,
            parts.identity,
            accel_prefix=settings.accel_prefix,
            peers=peers,
            invited=invites.picture,
        ),
        *upload_routes.routes(parts.uploads, parts.identity),
        *invite_routes.routes(invites, parts.identity, peers),
        *health_routes.routes(
            lambda: _complaints(parts),
            lambda request: _may_see(parts, request),
            parts.metrics,
            lesser=parts.files.complaints,
        ),
        *docs_routes.routes(),
        *frontend_routes.routes(STATIC),
    ]


# What is opened, in order; closed in reverse


def _opened(parts: Parts) -> Callable[[web.Application], AsyncIterator[None]]:
    async def opened(app: web.Application) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await _open(parts, stack)
            yield

    return opened


async def _open(parts: Parts, stack: AsyncExitStack) -> None:
    db, online, sockets = parts.db, parts.online, parts.sockets
    await db.open()
    stack.push_async_callback(db.close)
    stack.callback(parts.passwords.close)
    parts.epoch = await db.write(server_values.get_or_put, "epoch", secrets.token_hex(8))
    await _check_welcome(parts)

    if parts.bus:
        # It listens before anything is served.
        await parts.bus.start(await db.write(server_values.get_or_put, "deployment", secrets.token_hex(8)))
        stack.push_async_callback(parts.bus.stop)
    readings = Readings(db)
    key = await db.write(server_values.get_or_put, "recovery_key", secrets.token_hex(32))
    parts.recovery.start(parts.epoch, bytes.fromhex(key), readings.gap)
    parts.recovery.counted_by(parts.metrics)
    parts.streams.start(parts.epoch, readings.streaming, parts.bus)
    publisher = Publisher(sockets, online, parts.notifications.counts_of, readings.log, parts.streams, readings.inbox)
    publisher.on_person = parts.watchers.hear
    stack.push_async_callback(parts.watchers.stop)
    publisher.on_published = parts.metrics.published
    position = await readings.newest()
    publisher.order.begin(position)
    publisher.start(parts.epoch, parts.bus)
    stack.push_async_callback(publisher.stop)
    db.after_commit = publisher.publish
    parts.recovery.until_told = partial(_until_told, db, publisher)
    parts.recovery.is_alone = parts.bus is None

    index = search_index.SearchIndex()
    await _follow_the_log(db, index, publisher, stack)
    _open_link_previews(parts, publisher, stack)

    beacon = Beacon(sockets, online, readings.changed_since, publisher.compare_bells)
    beacon.start(parts.epoch, position)
    stack.push_async_callback(beacon.stop)

    sweep = Sweep(publisher.order, online, readings.written_since, readings.newest)
    sweep.start(position)
    stack.push_async_callback(sweep.stop)

    parts.db.after_doubt = sharing.when_in_doubt(parts.bus, sweep, beacon)
    parts.verified.start(publisher.order, parts.bus)
    stack.push_async_callback(parts.verified.stop)

    await parts.files.check()
    for job in (
        Periodic("session check", SESSION_CHECK_S, lambda: _end_stale_sessions(parts, publisher.delivery)),
        Periodic("sweep of files", SWEEP_S, parts.files.sweep),
        Periodic("sweep of uploads", SWEEP_S, parts.uploads.sweep),
        Periodic("look at the files", FILES_CHECK_S, parts.files.check),
        Periodic("tidying of the search index", TIDY_S, lambda: index.tidy(db)),
    ):
        job.start()
        stack.push_async_callback(job.stop)

    comings = Comings(online, parts.everywhere, parts.watchers, parts.chat.presence.remember, now)
    comings.start()
    stack.push_async_callback(comings.stop)
    _open_namespaces(parts, publisher, comings)
    if parts.bus:
        sharing.share_deliveries(parts.bus, publisher, sweep, beacon, parts.metrics)
        sharing.share_people(parts.bus, parts.everywhere)
        tried = {"sign_in": parts.attempts, "sign_up": parts.accounts.sign_ups, "join": parts.chat.invites.tries}
        sharing.share_limits(parts.bus, parts.message_rate, parts.chat.reports, tried)
        roll_call.answer(parts.bus, parts.settings.worker_name)


async def _follow_the_log(
    db: Database, index: search_index.SearchIndex, publisher: Publisher, stack: AsyncExitStack
) -> None:
    """Starts what happens after a commit."""
    await db.write(search_index.begin)
    followers = (
        Follower(db, NOTIFIER, Notifier(now).handle),
        # Small batches with long rests between them: under load, sends come first, and search a little later.
        Follower(db, search_index.NAME, index.handle, 50, rest=9.0),
    )
    for follower in followers:
        publisher.wake.append(follower.wake)
        follower.start()
        stack.push_async_callback(follower.stop)


def _open_link_previews(parts: Parts, publisher: Publisher, stack: AsyncExitStack) -> None:
    if not parts.settings.link_previews:
        return
    files, own = parts.files, parts.settings.origins
    previews = LinkPreviews(parts.db, Fetcher(GuardedResolver()), now, files.card_picture, files.forget, own)
    publisher.wake.append(previews.wake)
    previews.start()
    stack.push_async_callback(previews.stop)


def _open_namespaces(parts: Parts, publisher: Publisher, comings: Comings) -> None:
    of_connections = ConnectionCommands(parts.sockets, parts.online, parts.chat, parts.watchers, publisher.say)
    publisher.on_sight = lambda *who: comings.beside(of_connections.look_again(*who))
    namespace = partial(
        CommandNamespace,
        sockets=parts.sockets,
        identity=parts.identity,
        online=parts.online,
        metrics=parts.metrics,
        now=now,
        recovery=parts.recovery,
    )
    welcome = Welcome(parts.sockets, parts.online, parts.chat.conversations, lambda: _server_info(parts))
    namespace(
        CHAT,
        commands=chat_door.commands(parts.chat),
        connection_commands=of_connections.table(),
        welcome=welcome,
    )
    namespace(
        NOTIFICATIONS,
        commands=notifications_door.commands(parts.notifications, parts.rules),
        connection_commands={},
        welcome=notifications_door.Welcome(parts.sockets, parts.notifications),
    )


def _drained(parts: Parts) -> Callable[[web.Application], Awaitable[None]]:
    async def drained(app: web.Application) -> None:
        parts.streams.drain()
        await parts.sockets.take_leave(chat.Draining(retry_after_ms=DRAIN_RETRY_MS), CHAT)

    return drained


# What the parts tell each other


async def _until_told(db: Database, publisher: Publisher, position: int) -> None:
    await db.settled()
    await publisher.until_told(position)


async def _check_welcome(parts: Parts) -> None:
    """New accounts are not kept from signing up by a setting that leads nowhere; whoever runs the server is told."""
    welcome = parts.settings.welcome_conversation
    if welcome and not await parts.db.read(joining.is_open, welcome):
        _log.warning("MADANG_WELCOME_CONVERSATION: there is no open conversation %s to join", welcome)


async def _end_stale_sessions(parts: Parts, delivery: Delivery) -> None:
    """Closes the sockets of sessions that expired, or were ended by the command line beside this process."""
    await delivery.end_sessions(await parts.sessions.ended_of(parts.online.sessions()))


def _server_info(parts: Parts) -> chat.ServerInfo:
    return chat.ServerInfo(
        name=parts.settings.server_name,
        version=__version__,
        protocol=[PROTOCOL],
        epoch=parts.epoch,
        direct_messages=parts.settings.direct_messages,
        limits={
            "text_characters": base.MAX_TEXT,
            "payload_bytes": base.MAX_PAYLOAD_BYTES,
            "nesting": base.MAX_DEPTH,
            "group_members": MAX_MEMBERS,
            "file_bytes": parts.settings.max_file_bytes,
            "files_per_message": base.MAX_FILES_PER_MESSAGE,
        },
    )


async def _complaints(parts: Parts) -> list[str]:
    """What keeps this process from serving."""
    try:
        async with asyncio.timeout(READY_S):
            await parts.db.read(log.last_position)
    except Exception:
        return ["The database does not answer."]
    if parts.bus and parts.bus.is_deaf:
        return ["Redis does not carry this worker's messages (MADANG_REDIS_URL): other workers' come seconds late."]
    return []


async def _may_see(parts: Parts, request: web.Request) -> bool:
    """Who reads the metrics: admins, and by setting this machine or everyone."""
    rule = parts.settings.metrics_access
    if rule == "everyone" or (rule == "local" and Peers(parts.settings.trusted_proxies).is_here(request)):
        return True
    try:
        person = await parts.identity.of_request(request)
    except ChatError:
        return False
    return person.account.role in ("owner", "admin")
