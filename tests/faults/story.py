"""A history told by hand: a server and clients that do as they ought to, unless a test says otherwise.

    story = Story()
    ana, ben = story.person("ana"), story.person("ben")
    story.send(ana, "hello")                                    # asked, stored, answered, heard and shown by all
    op = story.ask(ben, history.Send(1, "ben-0001", "hi"))      # or piece by piece
    story.ok(op, history.Sent(4, sent_at=4))                    # answered, and never stored
    assert broken(story.end()) == ["I1"]

Everybody is in the one group, GROUP, whose first lines say so; ``story.send`` and the like return the entry.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from server.chaos import history
from server.chaos.checker import check
from server.chaos.history import Entry, Text

GROUP = 1
STEP_S = 0.01
PEOPLE = {"ana": 1, "ben": 2, "cho": 3, "dan": 4}


@dataclass
class Device:
    """A client as the story has it."""

    name: str
    account_id: int
    online: bool = True
    messages: dict[int, Text] = field(default_factory=dict)
    shown: list[int] = field(default_factory=list)


class Story:
    """Records in order, a hundredth of a second apart, and the log that is behind them."""

    def __init__(
        self, *names: str, rule: Any = "all", nemeses: tuple[str, ...] = (), direct: bool = False, patience: float = 1.0
    ) -> None:
        self.records: list[history.AnyRecord] = []
        self.log: list[Entry] = []
        self.read: dict[int, int] = {}
        self.devices: dict[str, Device] = {}
        self.t = 0.0
        self.ops = 0
        self.note(history.Run(7, "story", 1, list(nemeses), patience=patience))
        names = names or ("ana", "ben")
        ids = [PEOPLE[name] for name in names]
        for account_id in [] if direct else ids:
            self.store("member_added", ids[0], account_id=account_id)
        members = ids if direct else []
        head = len(self.log)
        self.note(history.Conversation(GROUP, direct=direct, history=rule, head_seq=head, members=members))
        for name in names:
            self.device(name, PEOPLE[name])

    # Records

    def note(self, record: history.AnyRecord) -> history.AnyRecord:
        """The next record."""
        record.t = round(self.t, 6)
        self.t += STEP_S
        self.records.append(record)
        return record

    def device(self, name: str, account_id: int, opened: int | None = None) -> Device:
        """A client of somebody, connected, that shows the group from its head or from ``opened`` on."""
        device = self.devices[name] = Device(name, account_id)
        self.note(history.Client(name, account_id))
        self.note(history.Online(name, "w1"))
        self.note(history.Opened(name, GROUP, len(self.log) if opened is None else opened))
        return device

    def ask(self, name: str, call: history.AnyCall, worker: str = "w1") -> int:
        """Somebody asks."""
        self.ops += 1
        device = self.devices.get(name)
        account_id = device.account_id if device else PEOPLE[name]
        self.note(history.Invoke(self.ops, name, account_id, call, worker))
        return self.ops

    def ok(self, op: int, answer: history.AnyAnswer) -> None:
        """It is answered."""
        self.note(history.Ok(op, answer))

    def refuse(self, op: int, code: str = "forbidden", retryable: bool = False) -> None:
        """It is refused."""
        self.note(history.Fail(op, code, retryable))

    def silence(self, op: int) -> None:
        """No answer comes."""
        self.note(history.Info(op, "connection lost"))

    def go(self, *names: str) -> None:
        """They lose their connections."""
        for name in names:
            self.devices[name].online = False
            self.note(history.Offline(name))

    def come(self, *names: str) -> None:
        """They are back."""
        for name in names:
            self.devices[name].online = True
            self.note(history.Online(name, "w1"))

    def heal(self) -> None:
        """The faults are over."""
        self.note(history.Healed())

    # The server

    def store(self, kind: str, actor_id: int, **data: Any) -> Entry:
        """An entry is committed; a deletion takes the words out of the log."""
        entry = Entry(GROUP, len(self.log) + 1, kind, actor_id, **data)
        self.log.append(entry)
        if kind == "message_deleted":
            for place, old in enumerate(self.log):
                if old.kind.startswith("message") and entry.target_seq in (old.seq, old.target_seq) and old.text:
                    self.log[place] = replace(old, text="")
        if kind == "message_created" or (kind == "member_added" and "account_id" in data):
            self.read[data.get("account_id", actor_id)] = entry.seq
        return entry

    def store_message(self, name: str, text: str, client_id: str) -> Entry:
        """A message is committed."""
        account_id = self.devices[name].account_id if name in self.devices else PEOPLE[name]
        return self.store("message_created", account_id, text=text, client_id=client_id, sent_at=len(self.log) + 1)

    def members(self) -> set[int]:
        """Who belongs now."""
        found = {one for record in self.records if isinstance(record, history.Conversation) for one in record.members}
        for entry in self.log:
            if entry.account_id is not None and entry.kind.startswith("member"):
                (found.add if entry.kind == "member_added" else found.discard)(entry.account_id)
        return found

    # The clients

    def hear(self, name: str, entry: Entry, *, live: bool = True) -> None:
        """An entry comes over the wire, and is shown."""
        self.note(history.Event(name, replace(entry), live))
        self.show(name, entry, "live" if live else "replay")

    def show(self, name: str, entry: Entry, by: Any = "live") -> None:
        """An entry is on a screen."""
        device = self.devices[name]
        self.note(history.Shown(name, GROUP, entry.seq, by))
        device.shown.append(entry.seq)
        if entry.kind == "message_created":
            device.messages[entry.seq] = Text(entry.text or "")
        elif entry.kind == "message_edited" and entry.target_seq in device.messages:
            device.messages[entry.target_seq] = Text(entry.text or "")
        elif entry.kind == "message_deleted" and entry.target_seq in device.messages:
            device.messages[entry.target_seq] = Text("", deleted=True)

    def tell(self, entry: Entry, *more: int) -> Entry:
        """All connected members hear an entry, and the accounts ``more``."""
        for device in self.devices.values():
            if device.online and device.account_id in {*self.members(), *more}:
                self.hear(device.name, entry)
        return entry

    # All of it

    def send(self, name: str, text: str, client_id: str | None = None, number: int | None = None) -> Entry:
        """Somebody says something, and all goes well."""
        client_id = client_id or f"{name}-{self.ops + 1:04}"
        op = self.ask(name, history.Send(GROUP, client_id, text, name if number else None, number))
        entry = self.store_message(name, text, client_id)
        self.ok(op, history.Sent(entry.seq, entry.sent_at or 0))
        return self.tell(entry)

    def edit(self, name: str, target: Entry, text: str) -> Entry:
        """Somebody changes a message."""
        op = self.ask(name, history.Edit(GROUP, target.seq, text))
        entry = self.store("message_edited", self.devices[name].account_id, target_seq=target.seq, text=text)
        self.ok(op, history.Appended(entry.seq))
        return self.tell(entry)

    def delete(self, name: str, target: Entry) -> Entry:
        """Somebody deletes a message."""
        op = self.ask(name, history.Delete(GROUP, target.seq))
        entry = self.store("message_deleted", self.devices[name].account_id, target_seq=target.seq)
        self.ok(op, history.Appended(entry.seq))
        return self.tell(entry)

    def add(self, name: str, account_id: int) -> Entry:
        """Somebody is brought in."""
        op = self.ask(name, history.Add(GROUP, [account_id]))
        entry = self.store("member_added", self.devices[name].account_id, account_id=account_id)
        self.ok(op, history.Done())
        return self.tell(entry)

    def remove(self, name: str, account_id: int) -> Entry:
        """Somebody is taken out, and hears it."""
        op = self.ask(name, history.Remove(GROUP, account_id))
        entry = self.store("member_removed", self.devices[name].account_id, account_id=account_id)
        self.ok(op, history.Done())
        return self.tell(entry, account_id)

    def mark(self, name: str, seq: int) -> None:
        """Somebody has read up to a place."""
        op = self.ask(name, history.Mark(GROUP, seq))
        account_id = self.devices[name].account_id
        self.read[account_id] = max(self.read.get(account_id, 0), seq)
        self.ok(op, history.Marked(self.read[account_id]))

    def fetch(self, name: str, after_seq: int, upto: int | None = None, worker: str = "w1") -> list[Entry]:
        """Somebody reads the log; not shown by itself."""
        op = self.ask(name, history.Read(GROUP, after_seq), worker)
        entries = [replace(entry) for entry in self.log[after_seq:upto]]
        self.ok(op, history.Page(entries, len(self.log), more=upto is not None and upto < len(self.log)))
        return entries

    def end(self, **changed: list[Entry]) -> list[history.AnyRecord]:
        """What is read at the end; a source named in ``changed`` (``database``, ``w1``) has another log."""
        for device in self.devices.values():
            if device.online and device.account_id in self.members():
                shown = max(device.shown, default=0)
                self.note(history.FinalView(device.name, GROUP, shown, dict(device.messages)))
        for source in ("database", "w1"):
            log = changed.get(source, self.log)
            final = history.Final(source, GROUP, [replace(entry) for entry in log], standing(log))
            if source == "database":
                final.members, final.read = sorted(self.members()), dict(self.read)
            self.note(final)
        return self.records


def standing(log: list[Entry]) -> dict[int, Text]:
    """The messages as a log leaves them."""
    found: dict[int, Text] = {}
    for entry in log:
        if entry.kind == "message_created":
            found[entry.seq] = Text(entry.text or "")
        elif entry.kind == "message_edited" and entry.target_seq in found:
            found[entry.target_seq] = Text(entry.text or "")
        elif entry.kind == "message_deleted" and entry.target_seq in found:
            found[entry.target_seq] = Text("", deleted=True)
    return found


def broken(records: list[history.AnyRecord]) -> list[str]:
    """The invariants that a history breaks; each violation shows some records, and few."""
    verdict = check(records)
    assert not verdict.invalid, verdict.invalid
    for violation in verdict.violations:
        assert violation.records, violation
        assert len(violation.records) <= 12, violation
    return verdict.broken
