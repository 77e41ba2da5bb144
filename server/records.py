"""Frozen rows that storage hands upwards, and the facts that a commit announces.

What every message needs is a msgspec struct, which is made in a fifth of a frozen dataclass's time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True)
class Account:
    """A person or a bot, with what only the server may know."""

    id: int
    username: str
    display_name: str
    role: str
    password_hash: str | None
    picture_file_id: int | None
    account_version: int
    created_at: int
    disabled_at: int | None
    last_seen_at: int | None
    status_text: str
    status_emoji: str
    status_until: int | None
    availability: str
    hides_last_seen: bool
    hides_receipts: bool


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in device. Its token is not here: only the SHA-256 of it is kept."""

    id: int
    account_id: int
    device_name: str
    created_at: int
    last_used_at: int
    expires_at: int


class Conversation(msgspec.Struct, frozen=True):
    """A conversation's own row, the same for all its members."""

    id: int
    kind: str
    title: str
    description: str | None
    head_seq: int
    member_count: int
    rules: Mapping[str, str]
    created_at: int
    dissolved_at: int | None
    direct_state: str | None = None
    """What the two of a direct conversation are to each other: strangers, contacts, or blocked by one of them; or
    disabled, when one of them is.
    """


class Membership(msgspec.Struct, frozen=True):
    """Somebody's place in a conversation. ``history_from_seq``: the first entry they may see.

    ``received_seq`` may be behind ``read_seq``: what was read was received.
    """

    conversation_id: int
    account_id: int
    role: str
    joined_at: int
    read_seq: int
    history_from_seq: int
    received_seq: int


@dataclass(frozen=True, slots=True)
class Contact:
    """What somebody is to an account, as that account sees it: none, sent or received (a request), or contact.

    ``since`` that came about, with the ``note`` of a request. A block hides all of it, and leaves it as it was.
    """

    account_id: int
    other_id: int
    state: str = "none"
    note: str | None = None
    since: int | None = None
    blocked_at: int | None = None


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A line of a conversation's log; ``data`` is its JSON, as it goes out."""

    position: int
    conversation_id: int
    seq: int
    kind: str
    actor_id: int
    at: int
    data: bytes
    target_seq: int | None = None


@dataclass(frozen=True, slots=True)
class AccountChange:
    """Something that happened to one account; ``data`` is the event's JSON without the version."""

    account_id: int
    version: int
    event: str
    data: bytes


@dataclass(frozen=True, slots=True)
class ReadMark:
    """A member's read mark moved; for the other members of a small conversation."""

    conversation_id: int
    account_id: int
    read_seq: int
    member_count: int


@dataclass(frozen=True, slots=True)
class ReceivedMark:
    """A member's devices have received more; for the other members of a small conversation."""

    conversation_id: int
    account_id: int
    received_seq: int


@dataclass(frozen=True, slots=True)
class FaceChanged:
    """Somebody's name or picture changed: ``account`` is the JSON of what everybody in these conversations sees."""

    account_id: int
    account: bytes
    conversation_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """What somebody shows of themselves changed; for whoever watches them."""

    account_id: int


@dataclass(frozen=True, slots=True)
class PrivacyChanged:
    """What somebody hides, and so does not see of others, as of a version of their account.

    ``conversation_ids`` are the small ones in which their marks come or go, if these changed.
    """

    account_id: int
    version: int
    hides_last_seen: bool
    hides_receipts: bool
    conversation_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NotificationChange:
    """A row of somebody's inbox that is new or has changed; ``notification`` is its JSON."""

    account_id: int
    seq: int
    created: bool
    notification: bytes


@dataclass(frozen=True, slots=True)
class CountsChanged:
    """So many ``rows`` of somebody's inbox changed at once, up to ``seq``, that only the counts are told."""

    account_id: int
    seq: int = 0
    rows: int = 0


@dataclass(frozen=True, slots=True)
class SessionsEnded:
    """Devices that were signed out: their live sockets close at once."""

    account_id: int
    session_ids: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class SightChanged:
    """An account may see the presence of another one from now on, or no longer."""

    account_id: int
    other_id: int


PersonFact = FaceChanged | StatusChanged | PrivacyChanged
"""What concerns those who see a person: every worker hears of it."""

Fact = (
    Entry
    | AccountChange
    | ReadMark
    | ReceivedMark
    | NotificationChange
    | CountsChanged
    | SessionsEnded
    | SightChanged
    | PersonFact
)
"""What a write announces with ``announce``: handed to the publisher after the commit, in commit order."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file's row. Until it is part of a message it is its uploader's alone."""

    id: int
    account_id: int
    key: str
    name: str
    media_type: str
    size_bytes: int
    created_at: int
    width: int | None = None
    height: int | None = None
    blur: str | None = None
    has_thumbnail: bool = False
    conversation_id: int | None = None
    message_seq: int | None = None
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that comes in several goes; ``file_id`` once it is whole. ``metadata`` is as tus writes it."""

    key: str
    account_id: int
    size_bytes: int
    metadata: str
    created_at: int
    file_id: int | None
