"""Who belongs to a conversation and wants to hear of what happens in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.storage.unit import fetch_all


@dataclass(frozen=True, slots=True)
class Listener:
    """A member with their choices: ``notify`` is all, mentions or nothing; a mute lasts until ``muted_until``."""

    account_id: int
    notify: str
    muted_until: int | None
    read_seq: int

    def wants(self, type: str, now: int) -> bool:
        """Whether this person wants to hear of something of this type now."""
        if self.notify == "nothing" or (self.muted_until is not None and self.muted_until > now):
            return False
        return type != "message" or self.notify == "all"


def all_of(conversation_id: int) -> list[Listener]:
    """Every member."""
    return _listeners("conversation_id = ?", [conversation_id])


def among(conversation_id: int, account_ids: Sequence[int]) -> list[Listener]:
    """Those of these accounts that are members now."""
    places = ", ".join("?" for _ in account_ids)
    return _listeners(f"conversation_id = ? and account_id in ({places})", [conversation_id, *account_ids])


def _listeners(where: str, parameters: Sequence[int]) -> list[Listener]:
    rows = fetch_all(
        f"select account_id, notify, muted_until, read_seq from membership where {where} order by account_id",
        parameters,
    )
    return [Listener(*row) for row in rows]
