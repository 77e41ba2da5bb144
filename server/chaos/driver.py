"""A run: real load on a setup, faults by a schedule, healing, and everything read back; all of it in a history."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from server.chaos import cast as casting
from server.chaos import history, positions, read_back, resources
from server.chaos.cast import Cast
from server.chaos.client import Client
from server.chaos.history import Journal
from server.chaos.nemeses import databases
from server.chaos.nemeses.nemesis import Nemesis, Scene
from server.chaos.proxy import Proxy
from server.chaos.setup import Setup
from server.chaos.workload import Workload
from server.storage.database import Database

PER_SECOND = 200.0
ON_A_LINE = 4
"""So many clients come through a proxy of their own, which can be cut and slowed."""
HERE_S = 15.0
CALM_S = 1.0
SETTLED_S = 12.0
"""After healing all must have everything within ten seconds; a little more is waited, to tell late from never."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run does. ``pace`` is how long faults last: 1 in a full run, less in a short one.

    ``patience`` is for a machine that has other work: so many times as long as promised everything may take.
    ``lead_s`` passes before the first fault, ``pause_s`` at most between two. ``client`` makes the clients.
    """

    seed: int
    nemeses: Sequence[Nemesis] = ()
    pace: float = 1.0
    patience: float = 1.0
    per_second: float = PER_SECOND
    lead_s: float = 1.0
    pause_s: float = 1.5
    bug: str | None = None
    client: Callable[..., Client] = Client
    say: Callable[[str], None] = lambda sentence: None


class DriverFailed(Exception):
    """The run says nothing: the driver or a model client has a bug, or the setup does not come up."""


async def run(setup: Setup, plan: Plan, journal: Journal) -> list[str]:
    """Runs it, and returns what else did not hold: what the nemeses themselves were promised, in sentences."""
    names = [nemesis.name for nemesis in plan.nemeses]
    journal.note(history.Run(plan.seed, setup.name, len(setup.workers), names, plan.bug, plan.patience))
    database = Database(setup.database)
    await database.open()
    try:
        cast = await casting.make(database, plan.seed)
        _note_beginning(cast, journal)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
            try:
                await asyncio.gather(*(worker.start() for worker in setup.workers))
                return await _run(setup, plan, journal, cast, database, http)
            finally:
                await asyncio.gather(*(worker.kill() for worker in setup.workers))
    finally:
        await database.close()


async def _run(
    setup: Setup, plan: Plan, journal: Journal, cast: Cast, database: Database, http: aiohttp.ClientSession
) -> list[str]:
    reader = positions.Reader(database)
    await resources.warm_up(setup, cast, http)
    await resources.note(setup, http, journal, "base")
    async with _clients(setup, plan, journal, cast, http) as (clients, lines):
        workload = Workload(cast, clients, plan.seed, plan.per_second)
        scene = Scene(
            setup,
            cast,
            clients,
            lines,
            workload,
            journal,
            http,
            random.Random(f"{plan.seed} faults"),
            plan.pace,
            plan.patience,
        )
        reader.start()
        workload.start()
        try:
            await asyncio.sleep(plan.lead_s)
            wrong = await _faults(plan, scene)
            await setup.heal()
            for line in lines.values():
                line.thaw()
            journal.note(history.Healed())
            await asyncio.sleep(CALM_S)
        finally:
            await workload.stop()
            await reader.stop()
        belongs = await _settled(clients, workload, database, SETTLED_S * plan.patience)
        _note_views(cast, clients, belongs, journal)
    _check(clients)
    await _read_back(setup, journal, cast, database, http)
    for final in await reader.finals():
        journal.note(final)
    if isinstance(setup.database, Path) and not await asyncio.to_thread(databases.is_sound, setup.database):
        wrong.append(f"SQLite finds {setup.database} damaged.")
    await resources.note_end(setup, http, journal, resources.BACK_S * plan.patience)
    return wrong


def _note_beginning(cast: Cast, journal: Journal) -> None:
    for name, account in cast.devices():
        journal.note(history.Client(client=name, account_id=account.id))
    for room in cast.rooms:
        members = list(room.members) if room.direct else []
        journal.note(
            history.Conversation(conversation_id=room.id, direct=room.direct, head_seq=room.head_seq, members=members)
        )


@contextlib.asynccontextmanager
async def _clients(
    setup: Setup, plan: Plan, journal: Journal, cast: Cast, http: aiohttp.ClientSession
) -> AsyncIterator[tuple[list[Client], dict[str, Proxy]]]:
    """All clients, connected; and the lines of those who have one of their own."""
    devices = cast.devices()
    lines = {
        name: Proxy("127.0.0.1", _port(setup.doors[number % len(setup.doors)]), small=True)
        for number, (name, _) in enumerate(devices[-ON_A_LINE:])
    }
    for line in lines.values():
        await line.start()
    clients = []
    for name, account in devices:
        doors = [f"http://127.0.0.1:{lines[name].port}"] if name in lines else setup.doors
        clients.append(plan.client(name, account, doors, journal, http, random.Random(f"{plan.seed} {name} link")))
    here_s = HERE_S * plan.patience
    living = [asyncio.create_task(client.live()) for client in clients]
    try:
        try:
            await _until(lambda: all(client.is_here for client in clients), here_s)
        except TimeoutError:
            _check(clients)
            missing = [client.name for client in clients if not client.is_here]
            raise DriverFailed(f"{', '.join(missing)} could not connect within {here_s:.0f} s.") from None
        yield clients, lines
    finally:
        for task in living:
            task.cancel()
        await asyncio.gather(*living, return_exceptions=True)
        await asyncio.gather(*(client.stop() for client in clients))
        for line in lines.values():
            await line.stop()


async def _faults(plan: Plan, scene: Scene) -> list[str]:
    """One after another; what each was promised and did not keep."""
    wrong: list[str] = []
    for number, nemesis in enumerate(plan.nemeses):
        if number:
            await asyncio.sleep(scene.chance.uniform(0.2, plan.pause_s))
        plan.say(f"{nemesis.name} ...")
        scene.journal.note(history.Fault(nemesis=nemesis.name, phase="begin"))
        outcome = await nemesis.act(scene)
        end = history.Fault(nemesis.name, "end", outcome.fired, outcome.detail, list(outcome.wrong))
        scene.journal.note(end)
        plan.say(f"{nemesis.name}: {outcome.detail}{'' if outcome.fired else ' (DID NOT FIRE)'}")
        wrong += [f"{nemesis.name}: {sentence}" for sentence in outcome.wrong]
    return wrong


async def _settled(
    clients: Sequence[Client], workload: Workload, database: Database, within_s: float
) -> dict[int, set[int]]:
    """Waits until all have everything, or the time for it is over; who belongs where."""
    with contextlib.suppress(TimeoutError):
        await _until(lambda: workload.is_over and not any(client.outbox.unfinished for client in clients), within_s)
    heads = await read_back.heads(database)

    def is_equal() -> bool:
        return all(client.is_here for client in clients) and all(
            client.screens[conversation_id].known == head
            for conversation_id, (head, members) in heads.items()
            for client in clients
            if client.account.id in members
            if conversation_id in client.screens
        )

    with contextlib.suppress(TimeoutError):
        await _until(is_equal, within_s)
    return {conversation_id: members for conversation_id, (_, members) in heads.items()}


def _note_views(cast: Cast, clients: Sequence[Client], belongs: dict[int, set[int]], journal: Journal) -> None:
    for client in clients:
        for conversation_id, screen in client.screens.items():
            if client.account.id in belongs.get(conversation_id, ()):
                journal.note(
                    history.FinalView(
                        client=client.name,
                        conversation_id=conversation_id,
                        shown_up_to=screen.known,
                        messages=dict(screen.messages),
                    )
                )


def _check(clients: Sequence[Client]) -> None:
    failures = [error for client in clients for error in client.failures]
    if failures:
        raise DriverFailed(f"{len(failures)} bugs of the model clients") from failures[0]


async def _read_back(
    setup: Setup, journal: Journal, cast: Cast, database: Database, http: aiohttp.ClientSession
) -> None:
    stored = await read_back.from_database(database)
    for final in stored:
        journal.note(final)
    belongs = {final.conversation_id: set(final.members or ()) for final in stored}
    for worker in setup.workers:
        async for final in read_back.from_worker(http, worker, cast, belongs):
            journal.note(final)
    journal.note(await asyncio.to_thread(read_back.fits_together, setup.database))


async def _until(happened: Callable[[], bool], within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while not happened():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def _port(address: str) -> int:
    return int(address.rpartition(":")[2].strip("/"))
