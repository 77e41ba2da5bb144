"""Who belongs to a conversation and wants to hear of what happens in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from server.storage.unit import fetch_all

Called = Literal["message", "mention", "reply"]
Declined = Literal["chose_nothing", "chose_mentions", "muted"]


@dataclass(frozen=True, slots=True)
class Listener:
    """A member with their choices: ``notify`` is all, mentions or nothing; a mute lasts until ``muted_until``."""

    account_id: int
    notify: str
    muted_until: int | None
    read_seq: int

    def wants(self, type: str, now: int) -> bool:
        """Whether this person wants to hear of something of this type now."""
        return self.declines(type, now) is None

    def declines(self, type: str, at: int) -> Declined | None:
        """By which of their choices this person does not want to hear of something of this type that happens ``at``."""
        if self.notify == "nothing":
            return "chose_nothing"
        if self.muted_until is not None and self.muted_until > at:
            return "muted"
        return "chose_mentions" if type in ("message", "reaction") and self.notify != "all" else None


def called_by(
    account_id: int, mentions: Collection[int | Literal["all"]], answered_id: int | None, *, is_direct: bool
) -> Called | None:
    """The strongest reason to tell somebody of a message; None when it does not call them."""
    if "all" in mentions or account_id in mentions:
        return "mention"
    if answered_id == account_id:
        return "reply"
    return "message" if is_direct else None


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
