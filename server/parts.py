"""Everything that runs, made from the settings and tied together; nothing is opened yet."""

from __future__ import annotations

import os
from dataclasses import dataclass

from server.clock import now
from server.files.places import store_for
from server.files.thumbnails import Thumbnails
from server.followers.notifier import NAME as NOTIFIER
from server.metrics import Metrics
from server.realtime.bus import Bus
from server.realtime.everywhere import Everywhere
from server.realtime.online import Online
from server.realtime.recovery import LogRecovery
from server.realtime.streams import Streams
from server.realtime.verified import Verified
from server.realtime.watchers import Watchers
from server.services.accounts import Accounts
from server.services.attempts import Attempts
from server.services.contacts import Contacts
from server.services.conversations import Conversations
from server.services.files import Files
from server.services.invites import Invites
from server.services.members import Members
from server.services.messages import Messages
from server.services.notification_rules import Rules
from server.services.notifications import Notifications
from server.services.passwords import Passwords
from server.services.people import People
from server.services.presence import Presence
from server.services.receipts import Receipts
from server.services.reports import Reports
from server.services.search import Search
from server.services.sessions import Sessions
from server.services.traces import Traces
from server.services.typing import Typing
from server.services.uploads import Uploads
from server.settings import Settings
from server.storage.database import Database
from server.transport.chat import ChatServices
from server.transport.identity import Identity
from server.transport.origins import Origins
from server.transport.peers import Peers
from server.transport.rates import MessageRate
from server.transport.sockets import SocketServer


@dataclass
class Parts:
    """Everything that runs. ``bus`` leads to other workers; ``epoch`` is known once the database is open."""

    settings: Settings
    db: Database
    metrics: Metrics
    online: Online
    watchers: Watchers
    recovery: LogRecovery
    streams: Streams
    everywhere: Everywhere
    verified: Verified
    bus: Bus | None
    sockets: SocketServer
    origins: Origins
    passwords: Passwords
    attempts: Attempts
    message_rate: MessageRate
    accounts: Accounts
    sessions: Sessions
    files: Files
    uploads: Uploads
    chat: ChatServices
    notifications: Notifications
    rules: Rules
    identity: Identity
    epoch: str = ""


def parts_of(settings: Settings) -> Parts:
    """What these settings ask for."""
    metrics = Metrics()
    bus = Bus(settings.redis_url) if settings.redis_url else None
    peers = Peers(settings.trusted_proxies)
    online = Online()
    recovery = LogRecovery(online, now)
    streams = Streams(online, now)
    streams.counted_by(metrics)
    sockets = SocketServer(settings.origins, peers.of, worker=settings.worker_name, rooms=bus, recovery=recovery)
    sockets.counted_by(metrics)
    db = Database(settings.database, on_batch=metrics.batch)
    everywhere = Everywhere(online)
    verified = Verified(settings.worker_name)
    presence = Presence(db, everywhere, now)
    message_rate = MessageRate(settings.message_rate)
    origins = Origins(settings.origins)
    attempts = Attempts()
    passwords = Passwords(settings.password_cost)
    sessions = Sessions(db, now, passwords, attempts)
    store = store_for(settings, os.environ)
    files = Files(
        db, store, Thumbnails(), now, max_file_bytes=settings.max_file_bytes, quota_bytes=settings.file_quota_bytes
    )
    return Parts(
        settings=settings,
        db=db,
        metrics=metrics,
        online=online,
        watchers=Watchers(sockets, online, presence.of, now),
        recovery=recovery,
        streams=streams,
        everywhere=everywhere,
        verified=verified,
        bus=bus,
        sockets=sockets,
        origins=origins,
        passwords=passwords,
        attempts=attempts,
        message_rate=message_rate,
        accounts=Accounts(
            db,
            now,
            passwords,
            attempts,
            registration=settings.registration,
            is_local=settings.is_local,
            welcome_conversation=settings.welcome_conversation,
        ),
        sessions=sessions,
        files=files,
        uploads=Uploads(db, store.partials, files, now),
        chat=ChatServices(
            messages=Messages(db, now, message_rate.check, files.forget, settings.direct_messages),
            conversations=Conversations(db, now, settings.direct_messages),
            members=Members(db, now),
            contacts=Contacts(db, now, message_rate.check),
            invites=Invites(db, now),
            receipts=Receipts(db, now),
            reports=Reports(db, now),
            traces=Traces(db, everywhere, verified, NOTIFIER),
            people=People(db),
            search=Search(db, now),
            presence=presence,
            typing=Typing(db, now, settings.direct_messages),
        ),
        notifications=Notifications(db, now),
        rules=Rules(db, now),
        identity=Identity(sessions, origins),
    )
