"""What the heads beacon asks."""

from __future__ import annotations

from collections.abc import Sequence

from server.storage.unit import among, fetch_each

_CHANGED = """
select c.position, c.conversation_id, c.seq, m.account_id from (
    select conversation_id, max(seq) as seq, max(position) as position from entry where position > ?
    group by conversation_id
) c left join membership m on m.conversation_id = c.conversation_id and {these}
"""

Heads = dict[int, dict[int, int]]
Standings = dict[int, tuple[int, int]]


def changed_since(position: int, account_ids: Sequence[int]) -> tuple[int, Heads, Standings]:
    """What is new since a position, for these accounts; two statements, which go together.

    Returns the newest position, each account's changed conversations with their heads, and how far each account
    is: its version and the number of its newest notification.
    """
    # The plus keeps from looking each account up in each conversation: its members are fewer, as a rule.
    these, parameters = among("+m.account_id", account_ids)
    known, ids = among("id", account_ids)
    members, accounts = fetch_each(
        (_CHANGED.format(these=these), (position, *parameters)),
        (f"select id, account_version, notification_seq from account where {known}", ids),
    )
    changed: Heads = {}
    for newest, conversation_id, seq, account_id in members:
        position = max(position, newest)
        if account_id is not None:
            changed.setdefault(account_id, {})[conversation_id] = seq
    return position, changed, {row[0]: (row[1], row[2]) for row in accounts}
