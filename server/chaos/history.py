"""What happened in a run, record by record: who asked for what, what came back, what was heard and shown, what broke.

One driver process writes one history, so its order is the order in which things happened there. A file of it is JSON
lines, one record each, told apart by ``kind``; ``t`` is in seconds since the start. What is not known is left out.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self

import msgspec
from msgspec import Struct, field

DATABASE = "database"
"""The ``source`` of what was read from the database itself, behind all workers."""


class Entry(Struct, omit_defaults=True):
    """A line of a conversation's log, as far as a checker looks: which of the fields are there follows the kind."""

    conversation_id: int
    seq: int
    kind: str
    actor_id: int
    client_id: str | None = None
    text: str | None = None
    sent_at: int | None = None
    target_seq: int | None = None
    account_id: int | None = None
    emoji: str | None = None

    @classmethod
    def of(cls, entry: dict[str, Any]) -> Entry:
        """An entry as it came over the wire: its ``data`` is taken apart."""
        data = {name: value for name, value in entry["data"].items() if name in _FROM_DATA}
        return cls(entry["conversation_id"], entry["seq"], entry["kind"], entry["actor_id"], **data)


_FROM_DATA = frozenset({"client_id", "text", "sent_at", "target_seq", "account_id", "emoji"})


# --- what is asked for -------------------------------------------------------------------------------------------


class Call(Struct, omit_defaults=True, tag_field="f"):
    """What a client asks for."""


class Send(Call, tag="send"):
    """A message. ``outbox`` names the queue it stands in, ``number`` its place there: 1, 2, 3 within the outbox.

    An outbox keeps its order within each conversation, over retries, reconnects and reloads. A send that stands in
    none promises no order. A retry is an operation of its own with the same ``client_id``.
    """

    conversation_id: int
    client_id: str
    text: str
    outbox: str | None = None
    number: int | None = None


class Edit(Call, tag="edit"):
    """Another text for the message at ``seq``."""

    conversation_id: int
    seq: int
    text: str


class Delete(Call, tag="delete"):
    """The message at ``seq`` goes."""

    conversation_id: int
    seq: int


class React(Call, tag="react"):
    """An emoji under a message; ``active`` false takes it back."""

    conversation_id: int
    seq: int
    emoji: str
    active: bool = True


class Mark(Call, tag="mark"):
    """Everything up to ``seq`` is read."""

    conversation_id: int
    seq: int


class Read(Call, tag="read"):
    """The log after ``after_seq``, from the worker that the operation names."""

    conversation_id: int
    after_seq: int


class Add(Call, tag="add"):
    """People are brought in."""

    conversation_id: int
    account_ids: list[int]


class Remove(Call, tag="remove"):
    """Somebody is taken out."""

    conversation_id: int
    account_id: int


class Leave(Call, tag="leave"):
    """Whoever asks goes."""

    conversation_id: int


class Block(Call, tag="block"):
    """No direct messages between the asking account and this one; ``active`` false ends it."""

    account_id: int
    active: bool = True


class Connect(Call, tag="connect"):
    """A connection; ``resume`` when it is asked to go on where the last one ended."""

    resume: bool = False


AnyCall = Send | Edit | Delete | React | Mark | Read | Add | Remove | Leave | Block | Connect


# --- what is answered --------------------------------------------------------------------------------------------


class Answer(Struct, omit_defaults=True, tag_field="of"):
    """What came back."""


class Sent(Answer, tag="send"):
    """Where the message stands; ``duplicate``: it was there already."""

    seq: int
    sent_at: int
    duplicate: bool = False


class Appended(Answer, tag="entry"):
    """The entry that says so, of an edit, a deletion or a reaction; the earlier one when nothing changed."""

    seq: int


class Marked(Answer, tag="mark"):
    """How far one has read."""

    read_seq: int


class Page(Answer, tag="read"):
    """What the log holds, oldest first; ``more``: the page ended early."""

    entries: list[Entry]
    head_seq: int
    more: bool = False


class Connected(Answer, tag="connect"):
    """``recovered``: the server has replayed what was missed."""

    recovered: bool = False


class Done(Answer, tag="done"):
    """It is done, and there is nothing to say about it."""


AnyAnswer = Sent | Appended | Marked | Page | Connected | Done


# --- records -----------------------------------------------------------------------------------------------------


class Record(Struct, omit_defaults=True, tag_field="kind", kw_only=True):
    """Something that happened, ``t`` seconds after the start."""

    t: float = 0.0


class Run(Record, tag="run"):
    """First of all: what is run. ``nemeses`` are those of the schedule: each must have fired for the run to count."""

    seed: int
    setup: str
    workers: int
    nemeses: list[str] = field(default_factory=list)
    bug: str | None = None


class Client(Record, tag="client"):
    """A device that shows conversations to an account. One that has forgotten everything is another client."""

    client: str
    account_id: int


class Conversation(Record, tag="conversation"):
    """A conversation as it stood before the first operation.

    ``head_seq``: what stands up to here was not written by an operation. ``members``: who belongs without a line of
    the log that says so, as the two of a direct conversation do.
    """

    conversation_id: int
    direct: bool = False
    history: Literal["all", "joined"] = "all"
    head_seq: int = 0
    members: list[int] = field(default_factory=list)


class Invoke(Record, tag="invoke"):
    """A client asks; ``worker`` is the one it is connected to, if that is known."""

    op: int
    client: str
    account_id: int
    call: AnyCall
    worker: str | None = None


class Ok(Record, tag="ok"):
    """Operation ``op`` is answered."""

    op: int
    answer: AnyAnswer


class Fail(Record, tag="fail"):
    """Operation ``op`` is refused. A refusal that is not retryable is final: it has not happened."""

    op: int
    code: str
    retryable: bool = False


class Info(Record, tag="info"):
    """Nobody knows what became of operation ``op``: no answer came."""

    op: int
    why: str = ""


class Event(Record, tag="event"):
    """An entry came over the wire: live, or replayed for a client that came back."""

    client: str
    entry: Entry
    live: bool = True


class Opened(Record, tag="opened"):
    """From here on the client shows what stands behind ``after_seq``; again when it has forgotten the conversation."""

    client: str
    conversation_id: int
    after_seq: int


class Shown(Record, tag="shown"):
    """The client put an entry on its screen, behind its own telling apart of what it has."""

    client: str
    conversation_id: int
    seq: int
    by: Literal["live", "fetch", "replay"]


class Receipt(Record, tag="receipt"):
    """A client heard how far an account has read."""

    client: str
    conversation_id: int
    account_id: int
    read_seq: int


class Heads(Record, tag="heads"):
    """A client heard the beacon."""

    client: str
    heads: dict[int, int]


class Online(Record, tag="online"):
    """A client is connected and ready."""

    client: str
    worker: str | None = None
    recovered: bool = False


class Offline(Record, tag="offline"):
    """A client's connection is gone."""

    client: str
    why: str = ""


class Fault(Record, tag="fault"):
    """A nemesis begins, and ends. ``fired``: it was seen to have done what it is for."""

    nemesis: str
    phase: Literal["begin", "end"]
    fired: bool = False
    detail: str = ""


class Healed(Record, tag="healed"):
    """The last fault is over, and everything runs."""


class Text(Struct, omit_defaults=True):
    """A message as it stands."""

    text: str
    deleted: bool = False


class Final(Record, tag="final"):
    """A conversation at the end, read from one worker or from the database: its log, and what follows from it.

    ``messages`` by seq; ``read`` marks by account. Either is left out where it was not read.
    """

    source: str
    conversation_id: int
    entries: list[Entry]
    messages: dict[int, Text] | None = None
    members: list[int] | None = None
    read: dict[int, int] | None = None


class FinalView(Record, tag="final_view"):
    """What a client shows of a conversation at the end: messages by seq, as edits and deletions left them."""

    client: str
    conversation_id: int
    shown_up_to: int
    messages: dict[int, Text] = field(default_factory=dict)


class Resources(Record, tag="resources"):
    """What a worker holds, before the clients came and after they went."""

    moment: Literal["base", "end"]
    worker: str
    connections: int | None = None
    tasks: int | None = None
    rooms: int | None = None
    descriptors: int | None = None


AnyRecord = (
    Run
    | Client
    | Conversation
    | Invoke
    | Ok
    | Fail
    | Info
    | Event
    | Opened
    | Shown
    | Receipt
    | Heads
    | Online
    | Offline
    | Fault
    | Healed
    | Final
    | FinalView
    | Resources
)

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(AnyRecord)


class Journal:
    """A history being written: in memory, and in a file when one is named. Closed as a context manager."""

    def __init__(self, path: Path | None = None) -> None:
        self.records: list[AnyRecord] = []
        self._file: BinaryIO | None = path.open("wb") if path else None
        self._start = time.monotonic()
        self._ops = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def now(self) -> float:
        """Seconds since the start."""
        return round(time.monotonic() - self._start, 6)

    def note(self, record: AnyRecord) -> None:
        """Writes down what has happened just now."""
        record.t = self.now()
        self.records.append(record)
        if self._file:
            self._file.write(line(record))

    def invoke(self, client: str, account_id: int, call: AnyCall, worker: str | None = None) -> int:
        """Writes down that a client asks, right before it does; returns the number of the operation."""
        self._ops += 1
        self.note(Invoke(op=self._ops, client=client, account_id=account_id, call=call, worker=worker))
        return self._ops

    def ok(self, op: int, answer: AnyAnswer) -> None:
        """Writes down the answer to an operation, right after it came."""
        self.note(Ok(op=op, answer=answer))

    def fail(self, op: int, code: str, retryable: bool) -> None:
        """Writes down a refusal."""
        self.note(Fail(op=op, code=code, retryable=retryable))

    def unknown(self, op: int, why: str = "") -> None:
        """Writes down that no answer will come."""
        self.note(Info(op=op, why=why))

    def close(self) -> None:
        """Ends the file."""
        if self._file:
            self._file.close()
            self._file = None


def line(record: AnyRecord) -> bytes:
    """A record as a line of JSON."""
    return _encoder.encode(record) + b"\n"


def write(path: Path, records: Iterable[AnyRecord]) -> None:
    """Writes a whole history."""
    with path.open("wb") as file:
        file.writelines(line(record) for record in records)


def read(path: Path) -> list[AnyRecord]:
    """A history from its file. A last line that was cut off, as by a killed driver, is left out."""
    return list(_records(path))


def _records(path: Path) -> Iterator[AnyRecord]:
    with path.open("rb") as file:
        for text in file:
            if text.endswith(b"\n"):
                yield _decoder.decode(text)
