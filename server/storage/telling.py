"""Telling people of what calls for them: rows of their inboxes, new or folded, many at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from server.protocol.notifications import Notification
from server.storage import notification_rules
from server.storage.notification_rules import EVERYTHING
from server.storage.notifications import UNREAD, announce_row, rows_of
from server.storage.unit import among, execute_many, fetch_all, hold, wanted

MOST_ACTORS = 20

_AT_ONCE = 1000
_INSERT = (
    "insert into notification (title, body, url, actor_id, conversation_id, message_seq, created_at, data, seq, count, "
    "account_id, type, group_key) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_FOLD = (
    "update notification set title = ?, body = ?, url = ?, actor_id = ?, conversation_id = ?, message_seq = ?, "
    "created_at = ?, data = ?, seq = ?, count = ?, seen_at = null where id = ?"
)

Place = tuple[int, str, str]
"""Where calls fold: account, type and group."""


@dataclass(frozen=True, slots=True)
class Call:
    """Something that calls for people; ``data`` is what a client needs to say it in its own language."""

    type: str
    group: str
    title: str
    body: str
    url: str
    at: int
    actor_id: int
    data: dict[str, Any]
    conversation_id: int | None = None
    message_seq: int | None = None


def tell(calls: Sequence[tuple[Call, int]]) -> None:
    """Calls, each for an account: a new row, or one more in its unread row of the same ``type`` and ``group``.

    A row that is folded shows the last call. In their order; ``@all`` may call thousands. Nobody is told of a type that
    they have turned off, and what comes while it is quiet for them has ``quiet`` in its data.
    """
    hold(accounts={account_id for _, account_id in calls})
    for start in range(0, len(calls), _AT_ONCE):
        _tell(_by_rules(calls[start : start + _AT_ONCE]))


def _by_rules(calls: Sequence[tuple[Call, int]]) -> list[tuple[Call, int]]:
    rules = notification_rules.of({account_id for _, account_id in calls})
    told = []
    for call, account_id in calls:
        rule = rules.get(account_id, EVERYTHING)
        if rule.wants(call.type):
            told.append((_quietly(call) if rule.is_quiet(call.at) else call, account_id))
    return told


def _quietly(call: Call) -> Call:
    return replace(call, data=call.data | {"quiet": True})


def _tell(calls: Sequence[tuple[Call, int]]) -> None:
    seqs = _seqs_of(account_id for _, account_id in calls)
    placed = [((account_id, call.type, call.group), call) for call, account_id in calls if account_id in seqs]
    rows = _unread(place for place, _ in placed)
    told: list[tuple[Place, Notification, bool]] = []
    for place, call in placed:
        before = rows.get(place)
        seqs[place[0]] += 1
        rows[place] = _folded(call, before, seqs[place[0]])
        told.append((place, rows[place], before is None))
    ids = _write({place: rows[place] for place, *_ in told})
    execute_many("update account set notification_seq = ? where id = ?", [(seq, id_) for id_, seq in seqs.items()])
    for place, row, is_new in told:
        announce_row(place[0], msgspec.structs.replace(row, id=ids[place]), created=is_new)


def _seqs_of(account_ids: Iterable[int]) -> dict[int, int]:
    """The numbers of the newest changes; those whom nobody knows any more are left out."""
    these, parameters = among("id", account_ids)
    return dict(fetch_all(f"select id, notification_seq from account where {these}", parameters))


def _unread(places: Iterable[Place]) -> dict[Place, Notification]:
    """The rows into which calls for these places fold."""
    sought = set(places)
    if not sought:
        return {}
    begin, parameters = wanted("of_account, of_type, in_group", sought)
    found = rows_of(
        f"wanted cross join notification where account_id = of_account and type = of_type and group_key = in_group "
        f"and {UNREAD}",
        parameters,
        before=begin,
    )
    return {(account_id, row.type, row.group): row for account_id, row in found}


def _folded(call: Call, before: Notification | None, seq: int) -> Notification:
    """The row as it is with this call; a new one has no id yet."""
    return Notification(
        id=before.id if before else 0,
        seq=seq,
        type=call.type,
        group=call.group,
        title=call.title,
        body=call.body,
        url=call.url,
        created_at=call.at,
        count=before.count + 1 if before else 1,
        data=_data(call, before, seq),
        actor_id=call.actor_id,
        conversation_id=call.conversation_id,
        message_seq=call.message_seq,
    )


def _data(call: Call, before: Notification | None, seq: int) -> dict[str, Any]:
    """The row's ``data``: what the call brings, and who has called since the row was last read, newest first.

    ``first_seq`` is the first message that it stands for, and ``created_seq`` the row's number when it was new; rows of
    old do not say.
    """
    earlier = before.data.get("actor_ids", ()) if before else ()
    actors = [call.actor_id, *(other for other in earlier if other != call.actor_id)][:MOST_ACTORS]
    first_seq = before.data.get("first_seq") if before else call.message_seq
    called = {"actor_ids": actors, "actor_count": len(actors), "first_seq": first_seq}
    created_seq = before.data.get("created_seq") if before else seq
    return call.data | called | _reasons(call, before) | ({} if created_seq is None else {"created_seq": created_seq})


def _reasons(call: Call, before: Notification | None) -> dict[str, list[str]]:
    """Of a message that is reported again no reason is lost: all of them, newest first."""
    if "reason" not in call.data:
        return {}
    reason, told = call.data["reason"], before.data if before else {}
    earlier = told.get("reasons") or ([told["reason"]] if "reason" in told else [])
    return {"reasons": [reason, *(other for other in earlier if other != reason)][:MOST_ACTORS]}


def _write(rows: dict[Place, Notification]) -> dict[Place, int]:
    """Writes rows as they are in the end; the id of each."""
    new = {place: row for place, row in rows.items() if not row.id}
    execute_many(_INSERT, [(*_shown(row), *place) for place, row in new.items()])
    execute_many(_FOLD, [(*_shown(row), row.id) for row in rows.values() if row.id])
    return {place: row.id for place, row in (rows | _unread(new)).items()}


def _shown(row: Notification) -> tuple[Any, ...]:
    data = msgspec.json.encode(row.data).decode()
    shown = (row.title, row.body, row.url, row.actor_id, row.conversation_id, row.message_seq, row.created_at)
    return (*shown, data, row.seq, row.count)
