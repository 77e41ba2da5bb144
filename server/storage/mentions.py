"""Who is called by a message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from server.storage import membership
from server.storage.models import Mention
from server.storage.unit import execute_many

EVERYONE = 0
"""Stands for ``@all`` where an account is mentioned."""


def called(conversation_id: int, names: frozenset[str], everyone: bool) -> list[int]:
    """The accounts that folded usernames mean among the members, and ``EVERYONE``."""
    found = membership.named(conversation_id, names) if names else []
    return [*found, EVERYONE] if everyone else found


def shown(account_ids: Iterable[int]) -> list[int | Literal["all"]]:
    """Mentions as the wire has them: account ids, and ``all``."""
    return ["all" if account_id == EVERYONE else account_id for account_id in account_ids]


def add(rows: Sequence[tuple[int, int, int]]) -> None:
    """Remembers who is called: conversation, ``seq`` and account each."""
    execute_many("insert into mention (conversation_id, seq, account_id) values (?, ?, ?)", rows)


def forget(conversation_id: int, seq: int) -> None:
    """A message calls nobody any more."""
    Mention.delete().where((Mention.conversation_id == conversation_id) & (Mention.seq == seq)).execute()
