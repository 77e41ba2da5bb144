"""What the heads beacon asks."""

from __future__ import annotations

from collections.abc import Sequence

from server.storage import log
from server.storage.unit import among, fetch_all


def changed_since(position: int, account_ids: Sequence[int]) -> tuple[int, dict[int, dict[int, int]], dict[int, int]]:
    """What is new since a position, for these accounts.

    Returns the newest position, each account's changed conversations with their heads, and each account's
    version.
    """
    newest, heads = log.heads_after(position)
    these, parameters = among("id", account_ids)
    versions = dict(fetch_all(f"select id, account_version from account where {these}", parameters))
    people, parameters = among("account_id", account_ids)
    changed: dict[int, dict[int, int]] = {}
    for conversation_id, seq in heads.items():
        rows = fetch_all(
            f"select account_id from membership where conversation_id = ? and {people}",
            (conversation_id, *parameters),
        )
        for (account_id,) in rows:
            changed.setdefault(account_id, {})[conversation_id] = seq
    return newest, changed, versions
