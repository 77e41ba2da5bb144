"""The records of a history: what was asked and answered, heard and shown, what broke, and what stood at the end."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from server.chaos.history.operations import AnyAnswer, AnyCall, Entry

DATABASE = "database"
"""The ``source`` of what was read from the database itself, behind all workers."""


class Record(Struct, omit_defaults=True, tag_field="kind", kw_only=True):
    """Something that happened, ``t`` seconds after the start."""

    t: float = 0.0


class Run(Record, tag="run"):
    """First of all: what is run. ``nemeses`` are those of the schedule: each must have fired for the run to count.

    ``patience``: so many times as long as promised everything may take; what is promised is judged with 1.
    """

    seed: int
    setup: str
    workers: int
    nemeses: list[str] = field(default_factory=list)
    bug: str | None = None
    patience: float = 1.0


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
    """A client heard how far an account has read, or received: one of both."""

    client: str
    conversation_id: int
    account_id: int
    read_seq: int | None = None
    received_seq: int | None = None


class Heads(Record, tag="heads"):
    """A client heard the beacon."""

    client: str
    heads: dict[int, int]


class Online(Record, tag="online"):
    """A client is connected and ready. ``heads``: how far it was told that each of its conversations has come."""

    client: str
    worker: str | None = None
    recovered: bool = False
    heads: dict[int, int] = field(default_factory=dict)


class Offline(Record, tag="offline"):
    """A client's connection is gone."""

    client: str
    why: str = ""


class Fault(Record, tag="fault"):
    """A nemesis begins, and ends. ``fired``: it was seen to have done what it is for.

    ``wrong``: sentences about what it was to leave alone and did not, such as the time of others' answers.
    """

    nemesis: str
    phase: Literal["begin", "end"]
    fired: bool = False
    detail: str = ""
    wrong: list[str] = field(default_factory=list)


class Healed(Record, tag="healed"):
    """The last fault is over, and everything runs."""


class Text(Struct, omit_defaults=True):
    """A message as it stands."""

    text: str
    deleted: bool = False


class Final(Record, tag="final"):
    """A conversation at the end, read from one worker or from the database: its log, and what follows from it.

    ``messages`` by seq; ``read`` and ``received`` marks by account. Each is left out where it was not read.
    """

    source: str
    conversation_id: int
    entries: list[Entry]
    messages: dict[int, Text] | None = None
    members: list[int] | None = None
    read: dict[int, int] | None = None
    received: dict[int, int] | None = None


class Checked(Record, tag="checked"):
    """What the check of a database found at the end: so many rows looked at, and sentences about what is wrong."""

    rows: int
    wrong: list[str] = field(default_factory=list)


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
    | Checked
    | FinalView
    | Resources
)
