"""Who is connected to any worker: each tells the others of its own people, and each knows them all by heart.

Nothing is kept in Redis: asking who is there costs no round trip, and whoever is killed leaves nothing behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from server.realtime.online import Online, State
from server.realtime.periodic import Periodic

EVERY_S = 5.0
EXPIRY_S = 15.0
"""A worker that is silent for so long is gone, and its people with it."""
GATHER_S = 0.05
LEAVING_S = 5.0
"""After a worker said goodbye: so long its people have to come back elsewhere before they are offline."""

_PEOPLE, _HELLO, _GOODBYE = "people", "people_wanted", "people_gone"
_RANK: dict[State, int] = {"offline": 0, "away": 1, "online": 2}


class Others(Protocol):
    """The other workers, as far as presence needs them."""

    worker: str

    @property
    def deaf_s(self) -> float:
        """Seconds since anything could be heard."""

    def say(self, room: str | None, kind: str, body: Any, *, fleeting: bool = False) -> None:
        """Tells all workers; never waits."""

    def on(self, kind: str, hear: Callable[[str, msgspec.Raw], None]) -> None:
        """Who hears what they say."""


class People(msgspec.Struct, frozen=True):
    """Some people of a worker as (account, state, sessions): ``whole`` if these are all of them."""

    whole: bool
    people: list[tuple[int, State, list[int]]]


@dataclass(slots=True)
class _Worker:
    """What another worker has told, and when it was last heard."""

    heard_at: float
    people: dict[int, tuple[State, list[int]]] = field(default_factory=dict)
    sessions: set[int] = field(default_factory=set)


_decode = msgspec.json.Decoder(People).decode


class Everywhere:
    """The presence of everybody, whichever worker they are connected to.

    ``on_change(account_id, tell, remember)`` hears of whom this worker has to ``tell`` its watchers, and whom it
    has to ``remember`` as last seen now, because no other worker does.
    """

    def __init__(self, online: Online, *, every_s: float = EVERY_S, expiry_s: float = EXPIRY_S) -> None:
        self.on_change: Callable[[int, bool, bool], None] = lambda account_id, tell, remember: None
        self._online = online
        self._expiry_s = expiry_s
        self._others: Others | None = None
        self._workers: dict[str, _Worker] = {}
        self._told: dict[int, State] = {}
        self._changed: set[int] = set()
        self._is_due = False
        self._looked_at = 0.0
        self._every = Periodic("presence", every_s, self._say_all)
        self._expiring = Periodic("expiry of workers", expiry_s / 10, self._expire)
        online.on_change = self._changed_here

    def start(self, others: Others) -> None:
        """Begins to tell the other workers, and asks who is with them."""
        self._others = others
        others.on(_PEOPLE, self._hear_people)
        others.on(_HELLO, self._hear_hello)
        others.on(_GOODBYE, self._hear_goodbye)
        self._online.on_devices = self._later
        self._looked_at = _now()
        self._every.start()
        self._expiring.start()
        self.back()

    def back(self) -> None:
        """The others can be heard again: nobody is gone because they were not heard meanwhile."""
        if self._others is not None:
            self._forgive()
            self._others.say(None, _HELLO, None, fleeting=True)
            self._say_people(self._online.accounts(), whole=True)

    async def stop(self) -> None:
        """Says goodbye: whoever was here has to come back elsewhere."""
        await self._every.stop()
        await self._expiring.stop()
        if self._others is not None:
            self._others.say(None, _GOODBYE, None, fleeting=True)
            self._others = None

    def state(self, account_id: int) -> State:
        """How reachable somebody is, over all their devices."""
        states = [self._online.state(account_id)]
        states += [known[0] for worker in self._workers.values() if (known := worker.people.get(account_id))]
        return max(states, key=_RANK.__getitem__)

    def is_connected(self, session_id: int) -> bool:
        """Whether a device is connected now."""
        return bool(self._online.of_session(session_id)) or any(
            session_id in worker.sessions for worker in self._workers.values()
        )

    def devices(self, account_id: int) -> int:
        """How many of somebody's devices are connected."""
        sessions = set(self._online.sessions_of(account_id))
        for worker in self._workers.values():
            sessions.update(worker.people.get(account_id, ("offline", ()))[1])
        return len(sessions)

    # Telling

    def _changed_here(self, account_id: int, state: State) -> None:
        self._look_at([account_id], remember=state == "offline")
        self._later(account_id)

    def _look_at(self, account_ids: Iterable[int], *, remember: bool = False) -> None:
        for account_id in account_ids:
            state, told = self.state(account_id), self._told.pop(account_id, "offline")
            if state != "offline":
                self._told[account_id] = state
            if state != told or remember:
                self.on_change(account_id, state != told, remember)

    def _later(self, account_id: int) -> None:
        if self._others is None:
            return
        self._changed.add(account_id)
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_later(GATHER_S, self._say_changed)

    def _say_changed(self) -> None:
        self._is_due = False
        changed, self._changed = self._changed, set()
        self._say_people(changed, whole=False)

    async def _say_all(self) -> None:
        self._say_people(self._online.accounts(), whole=True)

    def _say_people(self, account_ids: Iterable[int], *, whole: bool) -> None:
        if self._others is None:
            return
        online = self._online
        people = [(one, online.state(one), sorted(online.sessions_of(one))) for one in account_ids]
        self._others.say(None, _PEOPLE, People(whole, people), fleeting=True)

    # Hearing

    def _worker(self, name: str) -> _Worker:
        worker = self._workers.setdefault(name, _Worker(_now()))
        worker.heard_at = _now()
        return worker

    def _hear_people(self, name: str, body: msgspec.Raw) -> None:
        told = _decode(body)
        worker = self._worker(name)
        new = {account_id: (state, sessions) for account_id, state, sessions in told.people}
        gone = worker.people.keys() - new.keys() if told.whole else set()
        changed = {account_id for account_id, known in new.items() if worker.people.get(account_id) != known} | gone
        for account_id in changed:
            worker.sessions.difference_update(worker.people.pop(account_id, ("", ()))[1])
            if account_id in new and (new[account_id][0] != "offline" or new[account_id][1]):
                worker.people[account_id] = new[account_id]
                worker.sessions.update(new[account_id][1])
        self._look_at(changed)

    def _hear_hello(self, name: str, body: msgspec.Raw) -> None:
        self._worker(name)
        self._say_people(self._online.accounts(), whole=True)

    def _hear_goodbye(self, name: str, body: msgspec.Raw) -> None:
        self._worker(name).heard_at = _now() - self._expiry_s + min(LEAVING_S, self._expiry_s)

    async def _expire(self) -> None:
        late = _now() - self._looked_at > self._expiry_s / 2
        self._looked_at = _now()
        if self._others is None or late or self._others.deaf_s > self._expiry_s / 2:
            self._forgive()  # it is we who have not heard
            return
        silent = [name for name, one in self._workers.items() if _now() - one.heard_at > self._expiry_s]
        for name in silent:
            people = self._workers.pop(name).people
            # Of all the workers that notice, one writes down when these were last seen.
            is_ours = self._others.worker < min(self._workers, default="~")
            gone = {account_id for account_id in people if self.state(account_id) == "offline"}
            self._look_at(gone, remember=is_ours)
            self._look_at(people.keys() - gone)

    def _forgive(self) -> None:
        for worker in self._workers.values():
            worker.heard_at = _now()


def _now() -> float:
    return asyncio.get_running_loop().time()
