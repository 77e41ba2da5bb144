"""A server that is right, and clients that are right, under everything that can happen to them: drawn at random."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from server.chaos import history
from server.chaos.checker.indexed import NEVER
from server.chaos.checker.logs import Span
from server.chaos.history import Entry
from tests.faults.story import GROUP, Device, Story

NAMES = ("ana", "ben", "cho", "dan")
OWNER = 1


@dataclass
class Pending:
    """An operation under way: not carried out yet, or with an outcome that is on its way back."""

    op: int
    name: str
    call: Any
    outcome: history.AnyAnswer | str | None = None
    given_up: bool = False


@dataclass
class Letter:
    """What an outbox is about to have answered."""

    send: history.Send
    under_way: bool = False


@dataclass
class Place:
    """Where a device is in the log, and from where on this connection hears things live."""

    known: int
    live_from: int
    letters: list[Letter] = field(default_factory=list)
    numbers: int = 0


class Simulation(Story):
    """``Simulation(chance).records`` is a history without a fault of the server's, from beginning to end."""

    def __init__(self, chance: random.Random, steps: int = 150) -> None:
        super().__init__(*NAMES, rule=chance.choice(("all", "all", "joined")))
        self.chance = chance
        self.rule = self.records[1].history  # type: ignore[union-attr]
        self.device("ben-2", 2)
        self.places = {name: Place(len(self.log), len(self.log) + 1) for name in self.devices}
        self.pending: list[Pending] = []
        self.first: dict[tuple[int, str], tuple[history.Send, history.Sent]] = {}
        self.labels = 0
        self.note(history.Resources("base", "w1", connections=0, tasks=9, rooms=0, descriptors=20))
        for _ in range(steps):
            chance.choices((self._ask, self._act, self._reply, self._deliver, self._connect), (6, 7, 7, 12, 1))[0]()
        self._finish()

    # What people do

    def _ask(self) -> None:
        device = self.chance.choice([*self.devices.values()])
        if device.online:
            call = self.chance.choices(
                (self._next_letter, self._repeat, self._change, self._mark, self._fetch_call, self._membership),
                (9, 2, 5, 2, 3, 1),
            )[0](device)
            if call is not None:
                self.pending.append(Pending(self.ask(device.name, call), device.name, call))

    def _next_letter(self, device: Device) -> history.AnyCall | None:
        place = self.places[device.name]
        if not place.letters:
            self.labels += 1
            place.numbers += 1
            label = f"label-{self.labels:04}"
            send = history.Send(GROUP, label, f"{label} says", device.name, place.numbers)
            place.letters.append(Letter(send))
        if place.letters[0].under_way:
            return None
        place.letters[0].under_way = True
        return place.letters[0].send

    def _repeat(self, device: Device) -> history.AnyCall | None:
        mine = [send for (account_id, _), (send, _) in self.first.items() if account_id == device.account_id]
        if not mine:
            return None
        send = self.chance.choice(mine)
        text = send.text if self.chance.random() < 0.7 else "other words"
        return history.Send(GROUP, send.client_id, text)

    def _change(self, device: Device) -> history.AnyCall | None:
        messages = [entry for entry in self.log if entry.kind == "message_created"]
        if not messages:
            return None
        seq = self.chance.choice(messages[-8:]).seq
        text = self.chance.choice(("one", "another", f"words {self.ops}"))
        react = history.React(GROUP, seq, "🎉", self.chance.random() < 0.7)
        return self.chance.choice((history.Edit(GROUP, seq, text), history.Delete(GROUP, seq), react))

    def _mark(self, device: Device) -> history.AnyCall:
        return history.Mark(GROUP, self.chance.randint(1, len(self.log)))

    def _fetch_call(self, device: Device) -> history.AnyCall:
        return history.Read(GROUP, self.chance.randint(0, len(self.log)))

    def _membership(self, device: Device) -> history.AnyCall:
        account_id = self.chance.choice((3, 4))
        if device.account_id == account_id:
            return history.Leave(GROUP)
        return self.chance.choice((history.Remove(GROUP, account_id), history.Add(GROUP, [account_id])))

    def _connect(self) -> None:
        device = self.chance.choice([*self.devices.values()])
        if device.online:
            self.go(device.name)
            for pending in self.pending:
                if pending.name == device.name:
                    self._never_heard(pending)
        else:
            self.come(device.name)
            self.places[device.name].live_from = len(self.log) + 1

    # What the server does

    def _act(self) -> None:
        waiting = [pending for pending in self.pending if pending.outcome is None]
        if waiting:
            pending = self.chance.choice(waiting)
            account_id = self.devices[pending.name].account_id
            pending.outcome = getattr(self, f"_do_{type(pending.call).__name__.lower()}")(account_id, pending.call)

    def _reply(self) -> None:
        done = [pending for pending in self.pending if pending.outcome is not None]
        if not done:
            return
        pending = self.chance.choice(done)
        if pending.given_up or not self.devices[pending.name].online or self.chance.random() < 0.1:
            self._never_heard(pending)
        else:
            if isinstance(pending.outcome, str):
                self.refuse(pending.op, pending.outcome)
            elif pending.outcome is not None:
                self.ok(pending.op, pending.outcome)
            self._letter_is_done(pending)
        self.pending.remove(pending)

    def _never_heard(self, pending: Pending) -> None:
        if pending.given_up:
            return
        pending.given_up = True
        self.silence(pending.op)
        for letter in self.places[pending.name].letters:
            if letter.send is pending.call:
                letter.under_way = False

    def _letter_is_done(self, pending: Pending) -> None:
        place = self.places[pending.name]
        place.letters = [letter for letter in place.letters if letter.send is not pending.call]

    def _do_send(self, account_id: int, call: history.Send) -> history.AnyAnswer | str:
        if known := self.first.get((account_id, call.client_id)):
            send, sent = known
            deleted = self.log[sent.seq - 1].text == ""
            same = deleted or send.text == call.text
            return history.Sent(sent.seq, sent.sent_at, duplicate=True) if same else "client_id_conflict"
        if account_id not in self.members():
            return "not_found"
        entry = self.store(
            "message_created", account_id, text=call.text, client_id=call.client_id, sent_at=len(self.log) + 1
        )
        sent = history.Sent(entry.seq, entry.sent_at or 0)
        self.first[account_id, call.client_id] = (call, sent)
        return sent

    def _message(self, account_id: int, seq: int) -> Entry | str:
        if account_id not in self.members() or seq < self._history_from(account_id):
            return "not_found"
        return self.log[seq - 1] if self.log[seq - 1].text else "forbidden"

    def _do_edit(self, account_id: int, call: history.Edit) -> history.AnyAnswer | str:
        found = self._message(account_id, call.seq)
        if isinstance(found, str):
            return found
        if found.actor_id != account_id:
            return "forbidden"
        edits = [entry for entry in self.log if entry.kind == "message_edited" and entry.target_seq == call.seq]
        newest = edits[-1] if edits else found
        if newest.text == call.text:
            return history.Appended(newest.seq)
        entry = self.store("message_edited", account_id, target_seq=call.seq, text=call.text)
        return history.Appended(entry.seq)

    def _do_delete(self, account_id: int, call: history.Delete) -> history.AnyAnswer | str:
        if account_id not in self.members() or call.seq < self._history_from(account_id):
            return "not_found"
        if account_id not in (OWNER, self.log[call.seq - 1].actor_id):
            return "forbidden"
        gone = [one for one in self.log if one.kind == "message_deleted" and one.target_seq == call.seq]
        entry = gone[0] if gone else self.store("message_deleted", account_id, target_seq=call.seq)
        return history.Appended(entry.seq)

    def _do_react(self, account_id: int, call: history.React) -> history.AnyAnswer | str:
        found = self._message(account_id, call.seq)
        if isinstance(found, str):
            return found
        mine = [one for one in self.log if one.emoji and (one.target_seq, one.actor_id) == (call.seq, account_id)]
        kind = "reaction_added" if call.active else "reaction_removed"
        if mine and mine[-1].kind == kind:
            return history.Appended(mine[-1].seq)
        if not mine and not call.active:
            return history.Appended(call.seq)
        return history.Appended(self.store(kind, account_id, target_seq=call.seq, emoji=call.emoji).seq)

    def _do_mark(self, account_id: int, call: history.Mark) -> history.AnyAnswer | str:
        if account_id not in self.members():
            return "not_found"
        if call.seq > self.read[account_id]:
            self.read[account_id] = call.seq
            for device in self.devices.values():
                if device.online and device.account_id in self.members():
                    self.note(history.Receipt(device.name, GROUP, account_id, call.seq))
        return history.Marked(self.read[account_id])

    def _do_read(self, account_id: int, call: history.Read) -> history.AnyAnswer | str:
        if account_id not in self.members():
            return "not_found"
        there = self.log[max(call.after_seq, self._history_from(account_id) - 1) :]
        limit = self.chance.choice((3, 200))
        return history.Page([history.Entry(**_fields(one)) for one in there[:limit]], len(self.log), len(there) > limit)

    def _do_remove(self, account_id: int, call: history.Remove) -> history.AnyAnswer | str:
        if account_id != OWNER:
            return "forbidden"
        return self._out(account_id, call.account_id)

    def _do_leave(self, account_id: int, call: history.Leave) -> history.AnyAnswer | str:
        return self._out(account_id, account_id)

    def _out(self, actor_id: int, account_id: int) -> history.AnyAnswer | str:
        if account_id not in self.members():
            return "not_found"
        self.store("member_removed", actor_id, account_id=account_id)
        del self.read[account_id]
        return history.Done()

    def _do_add(self, account_id: int, call: history.Add) -> history.AnyAnswer | str:
        if account_id not in self.members():
            return "not_found"
        if call.account_ids[0] not in self.members():
            self.store("member_added", account_id, account_id=call.account_ids[0])
        return history.Done()

    # What comes over the wire

    def _deliver(self, name: str | None = None) -> bool:
        """The next entry of one device, live or fetched; whether there was something."""
        device = self.devices[name or self.chance.choice([*self.devices])]
        place = self.places[device.name]
        seq = place.known + 1
        if not device.online or seq > len(self.log):
            return False
        entry = self.log[seq - 1]
        inside = any(span.holds(seq) for span in self.spans(device.account_id))
        if inside and seq >= place.live_from and self.chance.random() < 0.9:
            self.hear(device.name, entry)
            place.known = seq
            return True
        if device.account_id not in self.members():
            if inside and seq >= place.live_from:
                self.hear(device.name, entry, live=False)
                place.known = seq
                return True
            return False
        first = self._history_from(device.account_id)
        if seq < first:
            # It was away when the last membership ended: that is not to be had any more.
            place.known = first - 1
            self.note(history.Opened(device.name, GROUP, place.known))
            return True
        for fetched in self.fetch(device.name, place.known):
            self._come_too_late(device, fetched)
            self.show(device.name, fetched, "fetch")
            place.known = fetched.seq
        return True

    def _come_too_late(self, device: Device, entry: Entry) -> None:
        """What was fetched comes over the connection all the same, and is dropped."""
        inside = any(span.holds(entry.seq) for span in self.spans(device.account_id))
        if inside and entry.seq >= self.places[device.name].live_from:
            self.note(history.Event(device.name, history.Entry(**_fields(self.log[entry.seq - 1]))))

    def spans(self, account_id: int) -> list[Span]:
        """When somebody belonged."""
        spans: list[Span] = []
        for entry in self.log:
            if entry.account_id == account_id and entry.kind == "member_added":
                spans.append(Span(entry.seq))
            elif entry.account_id == account_id and entry.kind == "member_removed":
                spans[-1] = Span(spans[-1].first, entry.seq)
        return spans

    def _history_from(self, account_id: int) -> int:
        if self.rule == "all":
            return 1
        spans = self.spans(account_id)
        return spans[-1].first if spans and spans[-1].last == NEVER else len(self.log) + 1

    def _finish(self) -> None:
        for pending in self.pending:
            self._never_heard(pending)
        for name, device in self.devices.items():
            if not device.online:
                self.come(name)
                self.places[name].live_from = len(self.log) + 1
        self.heal()
        for name in self.devices:
            while self._deliver(name):
                pass
        self.end()
        self.note(history.Resources("end", "w1", connections=0, tasks=9, rooms=0, descriptors=20))


def _fields(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in Entry.__struct_fields__}
