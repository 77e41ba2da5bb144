"""Facts on their way to other workers: strict JSON, and the room whose workers need them."""

from __future__ import annotations

from typing import Any

import msgspec

from server import records
from server.realtime.rooms import account_room, conversation_room

KINDS: dict[str, type[Any]] = {
    "entry": records.Entry,
    "account_change": records.AccountChange,
    "read_mark": records.ReadMark,
    "received_mark": records.ReceivedMark,
    "face_changed": records.FaceChanged,
    "status_changed": records.StatusChanged,
    "privacy_changed": records.PrivacyChanged,
    "notification_change": records.NotificationChange,
    "counts_changed": records.CountsChanged,
    "sessions_ended": records.SessionsEnded,
    "sight_changed": records.SightChanged,
}
_NAMES = {kind: name for name, kind in KINDS.items()}
_READERS = {name: msgspec.json.Decoder(kind) for name, kind in KINDS.items()}


def room_of(fact: records.Fact) -> str | None:
    """The room of everybody whom a fact may concern; None when these are in many."""
    if isinstance(fact, records.Entry | records.ReadMark | records.ReceivedMark):
        return conversation_room(fact.conversation_id)
    if isinstance(fact, records.PersonFact):
        return None
    return account_room(fact.account_id)


def name_of(fact: records.Fact) -> str:
    """What kind of fact it is, as it is called on the way."""
    return _NAMES[type(fact)]


def read(name: str, body: msgspec.Raw) -> records.Fact:
    """A fact as another worker has written it; its bytes are base64. Raises msgspec.ValidationError."""
    fact: records.Fact = _READERS[name].decode(body)
    return fact
