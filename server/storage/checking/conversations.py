"""What follows from the log, conversation by conversation: messages, members, and the conversation's own row."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from server.storage.checking.findings import Finding, Findings, Sink, Statement, Tell, at, shown
from server.storage.checking.messages import Messages
from server.storage.checking.replay import Entry, Member, Replay
from server.storage.checking.walks import LAST, Beside, Row, walk

_ENTRIES = (
    "select conversation_id, seq, position, kind, actor_id, at, data, salt is not null from entry "
    "where (conversation_id, seq) > (?, ?) order by conversation_id, seq"
)
_CONVERSATIONS = (
    "select id, kind, direct_key, rules, created_at, last_message_seq, member_count, last_active_at, dissolved_at, "
    "title, description, picture_file_id from conversation where (id) > (?) order by id"
)
_MEMBERSHIPS = (
    "select conversation_id, account_id, role, joined_at, history_from_seq, read_seq, received_seq from membership "
    "where (conversation_id, account_id) > (?, ?) order by conversation_id, account_id"
)
_REMOVALS = (
    "select conversation_id, account_id, seq from conversation_removal "
    "where (conversation_id, account_id) > (?, ?) order by conversation_id, account_id"
)
_PLACE = "conversation_id = ? and account_id = ?"


@dataclass(slots=True)
class _Belonging:
    """The rows of those who belong, and of those who have been removed, each beside the conversations."""

    memberships: Beside
    removals: Beside

    @classmethod
    def begin(cls, tell: Tell) -> _Belonging:
        """At the first conversation."""

        def told(count: int) -> None:
            tell("members", count)

        return cls(
            Beside(walk(_MEMBERSHIPS, (0, 0), lambda row: row[:2], told), 1),
            Beside(walk(_REMOVALS, (0, 0), lambda row: row[:2], told), 1),
        )


def check_conversations(found: Findings, sink: Sink, tell: Tell, broken: Collection[int]) -> None:
    """Looks at everything that follows from logs. Of ``broken`` ones nothing can be made anew."""
    messages = Messages(found, tell)
    entries = Beside(walk(_ENTRIES, (0, 0), lambda row: row[:2], lambda count: tell("log", count)), 1)
    belonging = _Belonging.begin(tell)
    for row in walk(_CONVERSATIONS, (0,), lambda row: row[:1], lambda count: tell("conversations", count)):
        key = (row[0],)
        for finding in _of_none(messages, entries, belonging, key):
            sink(replace(finding, mends=()))
        for finding in _conversation(found, row, messages, entries, belonging):
            sink(replace(finding, mends=()) if row[0] in broken else finding)
    for finding in _of_none(messages, entries, belonging, (LAST,)):
        sink(replace(finding, mends=()))


def _of_none(messages: Messages, entries: Beside, belonging: _Belonging, key: tuple[int]) -> Iterator[Finding]:
    """What stands before ``key`` and belongs to no conversation there is."""
    for _ in entries.before(key):
        pass  # said when the log was looked at
    yield from messages.before((*key, 0))
    for row in belonging.memberships.before(key):
        yield Finding("members", f"{at(row[0])}account {row[1]} belongs to it, but there is no such conversation.")
    for row in belonging.removals.before(key):
        yield Finding("members", f"{at(row[0])}account {row[1]} was removed, but there is no such conversation.")


def _conversation(
    found: Findings, row: Row, messages: Messages, entries: Beside, belonging: _Belonging
) -> Iterator[Finding]:
    found.looked("conversations", 1)
    is_whole = True
    try:
        replay = Replay.beginning(row[1], row[4], row[3], row[2])
    except ValueError as error:  # msgspec's as well
        is_whole = False
        replay = Replay("", row[4], row[4], True)
        yield Finding("conversations", f"{at(row[0])}{error}")
    for finding in _entries(row[0], replay, messages, entries):
        is_whole = is_whole and (finding.part != "log" or bool(finding.mends))
        yield finding
    members = {one[1]: one for one in belonging.memberships.at((row[0],))}
    removed = {one[1]: one[2] for one in belonging.removals.at((row[0],))}
    found.looked("members", len(members))
    followed = (*_members(row[0], replay, members), *_removals(row[0], replay, removed), *_own_row(row, replay))
    for finding in followed:
        # Who belongs follows from everything: nobody is put out because of something that contradicts the rest.
        yield finding if is_whole else replace(finding, mends=())


def _entries(conversation_id: int, replay: Replay, messages: Messages, entries: Beside) -> Iterator[Finding]:
    """What is wrong with messages, and with entries where they stand; ``replay`` has taken them in then."""
    for _, seq, position, kind, actor_id, sent_at, data, is_salted in entries.at((conversation_id,)):
        entry = Entry(seq, position, kind, actor_id, sent_at, data, bool(is_salted))
        try:
            wrong = replay.apply(entry)
        except msgspec.DecodeError:
            continue  # said when the log was looked at
        if wrong:
            yield Finding("log", at(conversation_id, seq) + wrong)
        if kind == "message_created":
            yield from messages.beside(conversation_id, entry)
    yield from messages.before((conversation_id, LAST))


def _members(conversation_id: int, replay: Replay, rows: dict[int, Row]) -> Iterator[Finding]:
    here = at(conversation_id)
    for account_id in sorted(replay.members.keys() | rows.keys()):
        wanted, row = replay.members.get(account_id), rows.get(account_id)
        if wanted is None:
            said = f"{here}account {account_id} is a member, but by the log does not belong to it."
            yield Finding("members", said, ((f"delete from membership where {_PLACE}", (conversation_id, account_id)),))
        elif row is None:
            said = f"{here}account {account_id} belongs to it by the log, but is no member."
            yield Finding("members", said, (_made_member(conversation_id, account_id, wanted),))
        else:
            yield from _member(row, wanted, replay)


def _removals(conversation_id: int, replay: Replay, rows: dict[int, int]) -> Iterator[Finding]:
    for account_id in sorted(replay.removed.keys() | rows.keys()):
        wanted, there = replay.removed.get(account_id), rows.get(account_id)
        if wanted == there:
            continue
        place = (conversation_id, account_id)
        mends: list[Statement] = [(f"delete from conversation_removal where {_PLACE}", place)]
        if wanted is not None:
            insert = "insert into conversation_removal (conversation_id, account_id, seq) values (?, ?, ?)"
            mends.append((insert, (*place, wanted)))
        said = f"account {account_id} is remembered as removed by seq {shown(there)}, but by the log {shown(wanted)}."
        yield Finding("members", at(conversation_id) + said, tuple(mends))


def _made_member(conversation_id: int, account_id: int, member: Member) -> Statement:
    """Somebody's place anew: what they had chosen there, and how far they had read, nobody knows any more."""
    return (
        "insert into membership (conversation_id, account_id, role, joined_at, history_from_seq, read_seq, notify, "
        "pinned, archived) values (?, ?, ?, ?, ?, ?, 'all', ?, ?)",
        (
            conversation_id, account_id, member.role, member.joined_at, member.history_from_seq, member.least_read,
            False, False,
        ),
    )  # fmt: skip


def _member(row: Row, wanted: Member, replay: Replay) -> Iterator[Finding]:
    conversation_id, account_id, role, joined_at, history_from_seq, read_seq, received_seq = row
    said = f"{at(conversation_id)}of account {account_id} the membership's "
    by_log = {
        "role": (role, wanted.role),
        "joined_at": (joined_at, wanted.joined_at),
        "history_from_seq": (history_from_seq, wanted.history_from_seq),
    }
    for column, (is_there, should) in by_log.items():
        if is_there != should:
            # When two people were brought together, only their conversation's own row says: one of both is wrong.
            is_open = column == "joined_at" and replay.kind == "direct"
            mends = () if is_open else (_set(column, should, conversation_id, account_id),)
            whose = "the conversation" if is_open else "the log"
            yield Finding("members", f"{said}{column} is {shown(is_there)}, but by {whose} {shown(should)}.", mends)
    for column, mark in (("read_seq", read_seq), ("received_seq", received_seq)):
        if mark > replay.head_seq:
            mend = _set(column, replay.head_seq, conversation_id, account_id)
            yield Finding("members", f"{said}{column} is {mark}, but the newest entry {replay.head_seq}.", (mend,))
    if read_seq < wanted.least_read:
        mend = _set("read_seq", wanted.least_read, conversation_id, account_id)
        how = f"read_seq is {read_seq}, but they joined or wrote at {wanted.least_read}."
        yield Finding("members", said + how, (mend,))


def _set(column: str, value: Any, conversation_id: int, account_id: int) -> Statement:
    return f"update membership set {column} = ? where {_PLACE}", (value, conversation_id, account_id)


def _own_row(row: Row, replay: Replay) -> Iterator[Finding]:
    conversation_id = row[0]
    wanted: dict[str, Any] = {
        "last_message_seq": replay.last_message_seq,
        "member_count": len(replay.members),
        "last_active_at": replay.last_active_at,
        "dissolved_at": replay.dissolved_at,
        # A first title is nowhere but here.
        "title": row[9] if replay.title is None else replay.title,
        "description": replay.description,
        "picture_file_id": replay.picture_file_id,
        "rules": _rules(row[3], replay),
        "created_at": row[4] if replay.began_at is None else replay.began_at,
    }
    for column, is_there, should in zip(wanted, (*row[5:], row[3], row[4]), wanted.values(), strict=True):
        if is_there != should:
            mend: Statement = (f"update conversation set {column} = ? where id = ?", (should, conversation_id))
            said = f"{at(conversation_id)}its {column} is {shown(is_there)}, but by the log {shown(should)}."
            yield Finding("conversations", said, (mend,))


def _rules(there: str, replay: Replay) -> str:
    """The rules as the log leaves them; a first one that stayed is nowhere but in the row."""
    try:
        rules = msgspec.json.decode(there, type=dict[str, str])
    except msgspec.DecodeError:
        return there  # said when the log was read
    ruled = rules | replay.rules
    return there if ruled == rules else msgspec.json.encode(ruled).decode()
