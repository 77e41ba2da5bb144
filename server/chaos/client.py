"""A client as the contract wants it: an outbox, each entry once and in order, gaps fetched, back after any loss."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from server.chaos import history
from server.chaos.history import Journal
from server.chaos.outbox import Outbox
from server.chaos.screen import By, Screen
from server.chaos.wire import NoAnswer, NotConnected, Wire
from server.protocol.chat import ENTRY_DATA

GAP_S = 0.2
RETRY_S = 0.3
RETURN_S = (0.1, 0.6)
"""A stock client waits for half a second to one and a half; here more is to happen in a run."""
PAGE = 200
_ENTRIES = frozenset(ENTRY_DATA)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody, signed in."""

    id: int
    token: str


@dataclass
class Client:
    """A device. ``doors`` are the addresses it may come by; after a loss it takes another one.

    ``screens`` are its conversations. Everything goes into the ``journal``.
    """

    name: str
    account: Account
    doors: Sequence[str]
    journal: Journal
    http: aiohttp.ClientSession
    chance: random.Random
    screens: dict[int, Screen] = field(default_factory=dict)
    deaf_to: int | None = None
    """The next message of this conversation is lost on its way to this client, once; ``lost`` is its place then."""
    lost: int | None = None
    losses: int = 0
    failures: list[BaseException] = field(default_factory=list)
    """Bugs of the client itself."""
    _wire: Wire | None = None
    _here: asyncio.Event = field(default_factory=asyncio.Event)
    _gone: asyncio.Event = field(default_factory=asyncio.Event)
    _pid: str | None = None
    _offset: str | None = None
    _version: int = 0
    _is_replaying: bool = False
    _was_recovered: bool = False
    _wait_s: float = 0.0
    _fetching: set[int] = field(default_factory=set)
    _due: set[int] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.name, self.ask)

    # Coming and going

    async def live(self) -> None:
        """Without end: here, gone, and here again by another door."""
        door = self.chance.randrange(len(self.doors))
        while True:
            if await self._come(self.doors[door % len(self.doors)]):
                self._gone.clear()
                await self._gone.wait()
                self.losses += 1
            door += 1
            await asyncio.sleep(self._wait_s or self.chance.uniform(*RETURN_S))
            self._wait_s = 0.0

    @property
    def is_here(self) -> bool:
        """Whether it is connected and ready."""
        return self._here.is_set()

    @property
    def worker(self) -> str:
        """The worker it is connected to, or was."""
        return self._wire.worker if self._wire else ""

    @property
    def is_behind(self) -> bool:
        """Whether it knows of something that it does not show."""
        return any(screen.is_behind for screen in self.screens.values())

    def lose_next(self, conversation_id: int) -> None:
        """The next message there is lost on its way to this client."""
        self.deaf_to, self.lost = conversation_id, None

    async def here(self) -> Wire:
        """The connection, when there is one."""
        await self._here.wait()
        assert self._wire is not None
        return self._wire

    def cut(self) -> None:
        """Loses its connection, and comes back."""
        if self._wire is not None:
            self._wire.cut()

    async def stop(self) -> None:
        """Goes for good; what it still does is given up."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._wire is not None:
            await self._wire.close()

    async def _come(self, door: str) -> bool:
        pid = self._pid
        auth: dict[str, Any] = {"token": self.account.token, "protocol": 1}
        if pid is not None:
            auth |= {"pid": pid, "offset": self._offset}
        op = self.journal.invoke(self.name, self.account.id, history.Connect(resume=pid is not None))
        wire = Wire(self._listen, self._end)
        self._wire = wire
        self._is_replaying = pid is not None
        self._here.clear()
        try:
            await wire.open(self.http, door, auth)
            async with asyncio.timeout(6):
                await self._here.wait()
        except (NotConnected, TimeoutError) as error:
            self.journal.unknown(op, str(error) or "not ready in time")
            await wire.close()
            return False
        self.journal.ok(op, history.Connected(recovered=self._was_recovered))
        return wire.is_open

    def _end(self, reason: str) -> None:
        if self._here.is_set():
            self.journal.note(history.Offline(client=self.name, why=reason))
        self._here.clear()
        self._gone.set()

    # Hearing

    def _listen(self, name: str, arguments: list[Any]) -> None:
        try:
            self._hear(name, arguments)
        except Exception as error:
            self.failures.append(error)
            raise

    def _hear(self, name: str, arguments: list[Any]) -> None:
        if self._is_lost(name, arguments):
            return
        if arguments and isinstance(arguments[-1], str):
            self._offset = arguments[-1]
        if name in _ENTRIES:
            self._hear_entry(arguments[0])
        elif name == "ready":
            self._hear_ready(arguments[0])
        elif name == "heads":
            self._hear_heads(arguments[0])
        elif name == "draining":
            self._wait_s = arguments[0]["retry_after_ms"] / 1000 * self.chance.uniform(0.2, 1)
        elif name in _ACCOUNT_EVENTS:
            self._hear_change(name, arguments[0])

    def _is_lost(self, name: str, arguments: list[Any]) -> bool:
        if self.deaf_to is None or name != "message_created" or arguments[0]["conversation_id"] != self.deaf_to:
            return False
        # It came over the wire, and this client did not get it.
        self.journal.note(history.Event(client=self.name, entry=history.Entry.of(arguments[0])))
        self.deaf_to, self.lost = None, arguments[0]["seq"]
        return True

    def _hear_entry(self, entry: dict[str, Any]) -> None:
        self.journal.note(history.Event(client=self.name, entry=history.Entry.of(entry), live=not self._is_replaying))
        screen = self._screen(entry["conversation_id"])
        if entry["kind"] == "member_added" and entry["data"]["account_id"] == self.account.id:
            screen.joined(entry["seq"])
        self._show(screen, screen.take(entry, "replay" if self._is_replaying else "live"))
        self._look(screen)

    def _hear_ready(self, ready: dict[str, Any]) -> None:
        assert self._wire is not None
        self._was_recovered = ready["recovered"]
        self._is_replaying = False
        self._pid, self._version = self._wire.pid, ready["account_version"]
        shown = {one["id"]: one["head_seq"] for one in ready["conversations"]}
        for conversation_id, screen in self.screens.items():
            if conversation_id not in shown and not ready["more"]:
                screen.left()
        for conversation_id, head in shown.items():
            screen = self._screen(conversation_id)
            # Whoever was recovered has been given everything, and takes the server by its word.
            screen.joined(0 if self._was_recovered and screen.known else head)
            if screen.is_behind:
                self.do(self._fetch(screen))
        self.journal.note(
            history.Online(client=self.name, worker=self._wire.worker, recovered=self._was_recovered, heads=shown)
        )
        self._here.set()

    def _hear_heads(self, beacon: dict[str, Any]) -> None:
        heads = {int(one): seq for one, seq in beacon["heads"].items()}
        self.journal.note(history.Heads(client=self.name, heads=heads))
        for conversation_id, head in heads.items():
            screen = self._screen(conversation_id)
            screen.head = max(screen.head, head)
            self._look(screen)
        self._check_version(beacon["account_version"])

    def _hear_change(self, name: str, change: dict[str, Any]) -> None:
        version = change.get("account_version")
        if version is not None:
            if version > self._version + 1:
                self._check_version(version)
                return
            if version <= self._version:
                return
            self._version = version
        self._apply_change(name, change)

    def _apply_change(self, name: str, change: dict[str, Any]) -> None:
        if name == "receipt":
            named = ("conversation_id", "account_id", "read_seq", "received_seq")
            receipt = {name: change[name] for name in named if name in change}
            self.journal.note(history.Receipt(client=self.name, **receipt))
        elif name == "conversation_added":
            screen = self._screen(change["conversation"]["id"])
            screen.joined(change["conversation"]["head_seq"])
            self._look(screen)
        elif name == "conversation_removed":
            self._screen(change["conversation_id"]).left()

    def _check_version(self, version: int) -> None:
        if version > self._version and -1 not in self._fetching:
            self.do(self._fetch_changes())

    def _screen(self, conversation_id: int) -> Screen:
        screen = self.screens.get(conversation_id)
        if screen is None:
            screen = self.screens[conversation_id] = Screen(conversation_id)
            self.journal.note(history.Opened(client=self.name, conversation_id=conversation_id, after_seq=0))
        return screen

    def _show(self, screen: Screen, ready: list[tuple[dict[str, Any], By]]) -> None:
        for entry, by in ready:
            self.journal.note(
                history.Shown(client=self.name, conversation_id=screen.conversation_id, seq=entry["seq"], by=by)
            )
            kind, data = entry["kind"], entry["data"]
            if kind == "message_created" and entry["actor_id"] == self.account.id:
                screen.own.append(entry["seq"])
            elif kind in ("member_removed", "member_added") and data["account_id"] == self.account.id:
                screen.removed(entry["seq"]) if kind == "member_removed" else screen.joined(entry["seq"])

    # Catching up

    def _look(self, screen: Screen) -> None:
        """A gap that is still there in a moment is fetched."""
        if screen.is_behind and screen.conversation_id not in self._due:
            self._due.add(screen.conversation_id)
            asyncio.get_running_loop().call_later(GAP_S, self._look_again, screen)

    def _look_again(self, screen: Screen) -> None:
        self._due.discard(screen.conversation_id)
        if screen.is_behind and self.is_here:
            self.do(self._fetch(screen))

    async def _fetch(self, screen: Screen) -> None:
        """Everything behind what is known, page by page; once at a time for a conversation."""
        if screen.conversation_id in self._fetching:
            return
        self._fetching.add(screen.conversation_id)
        try:
            while screen.is_behind:
                if not await self._fetch_page(screen):
                    return
        finally:
            self._fetching.discard(screen.conversation_id)

    async def _fetch_page(self, screen: Screen) -> bool:
        """Whether it is worth to ask on."""
        try:
            reply = await self._ask_page(screen.conversation_id, screen.known)
        except NoAnswer:
            # Whoever comes back compares the heads; on a connection that lives it is tried again.
            if self.is_here:
                self._look(screen)
            return False
        if reply["ok"]:
            page = reply["data"]
            before = screen.known
            self._show(screen, screen.take_all(page["entries"], "fetch"))
            if screen.known == before and screen.is_behind:
                self._look(screen)
                return False
            return True
        if not reply["error"]["retryable"]:
            screen.left()
            return False
        await asyncio.sleep(RETRY_S)
        return True

    async def _ask_page(self, conversation_id: int, after_seq: int) -> dict[str, Any]:
        call = history.Read(conversation_id=conversation_id, after_seq=after_seq)
        payload = {"conversation_id": conversation_id, "after_seq": after_seq, "limit": PAGE}
        return await self.ask(call, "fetch_entries", payload)

    async def _fetch_changes(self) -> None:
        """What happened to the account; too much of it is loaded anew with a new connection."""
        self._fetching.add(-1)
        try:
            reply = await (await self.here()).ask("fetch_account_changes", {"after_version": self._version})
        except NoAnswer:
            return
        finally:
            self._fetching.discard(-1)
        if not reply["ok"]:
            return
        if reply["data"]["reload"]:
            self._pid = None
            self.cut()
            return
        for change in reply["data"]["changes"]:
            if change["version"] > self._version:
                self._version = change["version"]
                self._apply_change(change["event"], change["data"])

    # Asking

    async def ask(self, call: history.AnyCall, command: str, payload: dict[str, Any]) -> dict[str, Any]:
        """One attempt, written down: the reply. Raises NoAnswer."""
        wire = await self.here()
        op = self.journal.invoke(self.name, self.account.id, call, wire.worker)
        try:
            reply = await wire.ask(command, payload)
        except NoAnswer as error:
            self.journal.unknown(op, str(error))
            raise
        except asyncio.CancelledError:
            self.journal.unknown(op, "given up")
            raise
        if reply["ok"]:
            self.journal.ok(op, _answer(call, reply["data"]))
        else:
            self.journal.fail(op, reply["error"]["code"], reply["error"]["retryable"])
        return reply

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Does it beside everything else; given up when the client stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failures.append(error)


_ACCOUNT_EVENTS = frozenset(
    {
        "receipt", "conversation_added", "conversation_removed", "preferences_changed", "contact_changed",
        "account_changed", "rules_changed",
    }
)  # fmt: skip


def _answer(call: history.AnyCall, data: dict[str, Any]) -> history.AnyAnswer:
    match call:
        case history.Send():
            return history.Sent(seq=data["seq"], sent_at=data["sent_at"], duplicate=data["duplicate"])
        case history.Edit() | history.Delete() | history.React():
            return history.Appended(seq=data["seq"])
        case history.Mark():
            return history.Marked(read_seq=data["read_seq"])
        case history.Read():
            entries = [history.Entry.of(entry) for entry in data["entries"]]
            return history.Page(entries=entries, head_seq=data["head_seq"], more=data["more"])
        case _:
            return history.Done()
