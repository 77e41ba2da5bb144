"""What a client asks for, what it is answered, and the entries of the log that both are about."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


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
    """Everything up to ``seq`` is read, or has been ``received``: that is answered with the read mark too."""

    conversation_id: int
    seq: int
    received: bool = False


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
