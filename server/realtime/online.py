"""Who is connected, by which devices, and how reachable that makes them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

State = Literal["online", "away", "offline"]


@dataclass(frozen=True, slots=True)
class Privacy:
    """What somebody hides, and so does not see of others, as of a version of their account."""

    version: int = -1
    hides_last_seen: bool = False
    hides_receipts: bool = False


@dataclass(slots=True, eq=False)
class Connection:
    """One namespace joined over one socket.

    ``wanted``: the accounts whose presence it has asked for; ``watched``: those of them that it hears; ``looking`` is
    held while these are found out. ``start``: how far the log, or the account's inbox, had come when it joined.
    ``shown``: the change of the inbox that its bell was told the counts of; ``heard``: the one up to which it was told
    everything.
    """

    sid: str
    namespace: str
    account_id: int
    session_id: int
    connected_at: int
    active: bool = True
    wanted: frozenset[int] = frozenset()
    watched: set[int] = field(default_factory=set)
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)
    start: int = 0
    shown: int = 0
    heard: int | None = None
    privacy: Privacy = Privacy()


@dataclass(slots=True)
class _Person:
    """One account's connections, what others were last told of it, and what the timer is about to tell."""

    connections: set[Connection] = field(default_factory=set)
    told: State = "offline"
    coming: State | None = None
    timer: asyncio.TimerHandle | None = None


class Online:
    """The connections of this process, kept in memory.

    ``on_change(account_id, state)`` hears when somebody becomes online, away or offline. Going offline is
    told after ``grace_s``, so that a reload does not flicker; away after ``away_s`` without an active device.
    ``on_devices(account_id)`` hears at once when a connection comes or goes. ``without_receipts`` are the sids of those
    who see nobody's.
    """

    def __init__(self, *, grace_s: float = 5, away_s: float = 300) -> None:
        self.on_change: Callable[[int, State], None] = lambda account_id, state: None
        self.on_devices: Callable[[int], None] = lambda account_id: None
        self._grace_s = grace_s
        self._away_s = away_s
        self.without_receipts: set[str] = set()
        self._by_sid: dict[str, Connection] = {}
        self._people: dict[int, _Person] = {}

    def add(self, connection: Connection) -> None:
        """A device has come."""
        self._by_sid[connection.sid] = connection
        person = self._people.setdefault(connection.account_id, _Person())
        person.connections.add(connection)
        self._look_at(connection.account_id)
        self.on_devices(connection.account_id)

    def remove(self, sid: str) -> Connection | None:
        """A device has gone; who it was, if it was here."""
        connection = self._by_sid.pop(sid, None)
        self.without_receipts.discard(sid)
        if connection is not None:
            self._people[connection.account_id].connections.discard(connection)
            self._look_at(connection.account_id)
            self.on_devices(connection.account_id)
        return connection

    def get(self, sid: str) -> Connection | None:
        """The connection of a sid."""
        return self._by_sid.get(sid)

    def of_account(self, account_id: int, namespace: str) -> list[Connection]:
        """The connections of one person in one namespace."""
        person = self._people.get(account_id)
        return [one for one in person.connections if one.namespace == namespace] if person else []

    def of_session(self, session_id: int) -> list[Connection]:
        """The connections of one device, in every namespace."""
        return [one for one in self._by_sid.values() if one.session_id == session_id]

    def sessions(self) -> set[int]:
        """The sessions that have a connection."""
        return {one.session_id for one in self._by_sid.values()}

    def accounts(self) -> list[int]:
        """Everybody who has a connection."""
        return [account_id for account_id, person in self._people.items() if person.connections]

    def sessions_of(self, account_id: int) -> set[int]:
        """The sessions by which somebody is connected."""
        person = self._people.get(account_id)
        return {one.session_id for one in person.connections} if person else set()

    def state(self, account_id: int) -> State:
        """What others were told of somebody last."""
        person = self._people.get(account_id)
        return person.told if person else "offline"

    def set_active(self, connection: Connection, active: bool) -> None:
        """Whether this device has the person's attention."""
        connection.active = active
        self._look_at(connection.account_id)

    def set_privacy(self, connection: Connection, privacy: Privacy) -> bool:
        """What the person of a connection hides; whether that was news."""
        if privacy.version <= connection.privacy.version:
            return False
        connection.privacy = privacy
        if privacy.hides_receipts and connection.sid in self._by_sid:
            self.without_receipts.add(connection.sid)
        else:
            self.without_receipts.discard(connection.sid)
        return True

    def close(self) -> None:
        """Everybody is gone now, and that is told; no timer stays."""
        for account_id, person in list(self._people.items()):
            self._wait_for(None, person)
            if person.told != "offline":
                self._tell(account_id, person, "offline")

    def _look_at(self, account_id: int) -> None:
        """Tells at once that somebody is here, and later that they are not."""
        person = self._people[account_id]
        state = _state_of(person)
        if state == person.coming:
            return  # waiting anew each time would let a restless device put it off for ever
        self._wait_for(None, person)
        if state == person.told:
            self._forget_if_gone(account_id, person)
        elif state == "online" or (state == "away" and person.told == "offline"):
            self._tell(account_id, person, state)
        else:
            delay = self._grace_s if state == "offline" else self._away_s
            timer = asyncio.get_running_loop().call_later(delay, self._tell, account_id, person, state)
            self._wait_for(state, person, timer)

    def _wait_for(self, state: State | None, person: _Person, timer: asyncio.TimerHandle | None = None) -> None:
        if person.timer:
            person.timer.cancel()
        person.coming, person.timer = state, timer

    def _tell(self, account_id: int, person: _Person, state: State) -> None:
        self._wait_for(None, person)
        person.told = state
        self._forget_if_gone(account_id, person)
        self.on_change(account_id, state)

    def _forget_if_gone(self, account_id: int, person: _Person) -> None:
        if not person.connections and person.told == "offline":
            self._people.pop(account_id, None)


def _state_of(person: _Person) -> State:
    chat = [one for one in person.connections if one.namespace == "/chat"]
    if not chat:
        return "offline"
    return "online" if any(one.active for one in chat) else "away"
