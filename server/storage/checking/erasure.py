"""What a deletion has to leave behind: nothing of the words, and no salt with which they could be guessed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from server.protocol import chat
from server.storage.checking.findings import Finding, Findings, Sink, Statement, Tell, at
from server.storage.checking.replay import Entry, Standing
from server.storage.checking.walks import Row, walk
from server.storage.unit import fetch_all, wanted

ERASABLE = ("message_created", "message_edited", "previews_changed")
"""Entries that can lose their words and their salt."""
_WORDS = {"text": "", "attachments": [], "mentions": [], "previews": []}
"""What an entry of a deleted message has instead of its words."""
_QUOTES = (
    "select gone.conversation_id, gone.target_seq, answer.seq, entry.position, entry.data, entry.salt is not null "
    "from entry gone join message answer "
    "on answer.conversation_id = gone.conversation_id and answer.reply_to_seq = gone.target_seq "
    "join entry on entry.conversation_id = answer.conversation_id and entry.seq = answer.seq "
    # What was answered when it had been deleted already has never quoted it.
    "where gone.kind = 'message_deleted' and gone.target_seq is not null and answer.seq < gone.seq "
    # An answer that was deleted itself has been looked at with its own words.
    "and not exists (select 1 from entry own where own.conversation_id = answer.conversation_id "
    "and own.target_seq = answer.seq and own.kind = 'message_deleted') "
    "and (gone.conversation_id, gone.target_seq, answer.seq) > (?, ?, ?) "
    "order by gone.conversation_id, gone.target_seq, answer.seq"
)
_INVITED = (
    "select account_id, version, data from account_change "
    "where event = 'conversation_added' and (account_id, version) > (?, ?) order by account_id, version"
)
_INBOXES = (
    "select n.account_id, n.id, n.conversation_id, n.message_seq from notification n join entry gone "
    "on gone.conversation_id = n.conversation_id and gone.target_seq = n.message_seq "
    "where gone.kind = 'message_deleted' and n.type <> 'invitation' and n.body <> '' "
    # What the notifier has not come to yet will be forgotten in a moment.
    "and gone.position <= (select coalesce(max(position), 0) from follower where name = 'notifier') order by n.id"
)


def concerns(row: Row) -> bool:
    """Whether an entry (conversation, seq, position, kind, actor, time, target, data, ...) is not what was written
    because its words, or those that it quotes, were deleted: then it is looked at here, and its salt must go too.
    """
    conversation_id, seq, _, kind, _, _, target_seq, data, *_ = row
    if kind not in ERASABLE:
        return False
    if _deletion_after(conversation_id, seq if kind == "message_created" else target_seq, seq):
        return True
    try:
        quote = msgspec.json.decode(data, type=_Quoting).reply_to
    except msgspec.DecodeError:
        return False
    return quote is not None and not quote.excerpt and _deletion_after(conversation_id, quote.seq, seq)


def of_message(conversation_id: int, message: Standing, created: Entry, changes: Sequence[Entry]) -> Iterator[Finding]:
    """What is wrong with a message's own entry and its edits: words left of a deleted one, or a salt lost without."""
    said_by = [created, *(change for change in changes if change.kind in ERASABLE)]
    if message.deletion is None:
        for entry in said_by:
            quote = message.created.reply_to if entry is created else None
            if not entry.is_salted and not (quote and _deletion_after(conversation_id, quote.seq, created.seq)):
                said = "the entry has lost its salt, though its message was not deleted: it can no longer be checked."
                yield Finding("log", f"{at(conversation_id, entry.seq)}{said}")
        return
    for entry in said_by:
        data = _without_words(entry.data)
        if entry.is_salted or data is not None:
            said = f"{at(conversation_id, entry.seq)}its message was deleted by seq {message.deletion.seq}, but "
            said += "its words are still in the log." if data is not None else "its salt is still there."
            mend: Statement = (
                "update entry set data = ?, salt = null where position = ?",
                (entry.data if data is None else data, entry.position),
            )
            yield Finding("deletions", said, (mend,))


def elsewhere(found: Findings, sink: Sink, tell: Tell) -> None:
    """Words of deleted messages in quotes, in inboxes, and in what devices are told of conversations."""
    for row in walk(_QUOTES, (0, 0, 0), lambda row: row[:3], lambda count: None):
        _quote(sink, row)
    rows: list[Row] = []
    for row in walk(_INVITED, (0, 0), lambda row: row[:2], lambda count: tell("accounts", count)):
        rows.append(row)
        if len(rows) == 500:
            _told(sink, rows)
            rows = []
    _told(sink, rows)
    for account_id, row_id, conversation_id, seq in fetch_all(_INBOXES):
        said = f"{at(conversation_id, seq)}deleted, its words are still in the inbox of account {account_id}."
        sink(Finding("deletions", said, (("update notification set body = '' where id = ?", (row_id,)),)))


def _quote(sink: Sink, row: Row) -> None:
    conversation_id, deleted, seq, position, text, is_salted = row
    try:
        data = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError:
        return  # said of its entry already
    quote = data.get("reply_to") or {}
    if quote.get("excerpt") or is_salted:
        what = "the quote's words are" if quote.get("excerpt") else "a salt that tells the quote's words is"
        said = f"{at(conversation_id, seq)}it answers seq {deleted}, which was deleted, and {what} still in the log."
        changed = msgspec.json.encode(data | {"reply_to": quote | {"excerpt": ""}} if quote else data).decode()
        mend: Statement = ("update entry set data = ?, salt = null where position = ?", (changed, position))
        sink(Finding("deletions", said, (mend,)))


def _told(sink: Sink, rows: Sequence[Row]) -> None:
    """Looks at what devices are told of conversations: whether a last message among it has been deleted."""
    shown: dict[tuple[int, int], list[tuple[Row, dict[str, Any]]]] = {}
    for row in rows:
        try:
            last = msgspec.json.decode(row[2], type=_Told).conversation
        except msgspec.DecodeError:
            sink(Finding("accounts", f"Account {row[0]}: its change {row[1]} cannot be read."))
            continue
        if last.last_message is not None and last.last_message.text:
            data = msgspec.json.decode(row[2])
            shown.setdefault((last.id, last.last_message.seq), []).append((row, data))
    if not shown:
        return
    begin, parameters = wanted("in_conversation, of_seq", shown)
    deleted = fetch_all(
        f"{begin} select distinct conversation_id, target_seq from wanted "
        "cross join entry where conversation_id = in_conversation and target_seq = of_seq and kind = 'message_deleted'",
        parameters,
    )
    for conversation_id, seq in sorted((row[0], row[1]) for row in deleted):
        for (account_id, version, _), data in shown[conversation_id, seq]:
            del data["conversation"]["last_message"]
            said = f"{at(conversation_id, seq)}deleted, its words are still in what account {account_id} was told."
            where = "account_id = ? and version = ?"
            changed = msgspec.json.encode(data).decode()
            mend: Statement = (f"update account_change set data = ? where {where}", (changed, account_id, version))
            sink(Finding("deletions", said, (mend,)))


def _without_words(text: str) -> str | None:
    """The entry's data without them; None when there are none in it."""
    data = msgspec.json.decode(text)
    changed = data | {name: empty for name, empty in _WORDS.items() if name in data}
    if changed.get("reply_to"):
        changed["reply_to"] = changed["reply_to"] | {"excerpt": ""}
    return None if changed == data else msgspec.json.encode(changed).decode()


def _deletion_after(conversation_id: int, deleted: int, seq: int) -> bool:
    """Whether what stands at ``deleted`` was deleted behind ``seq``."""
    query = "select 1 from entry where conversation_id = ? and target_seq = ? and kind = 'message_deleted' and seq > ?"
    return bool(fetch_all(query, (conversation_id, deleted, seq)))


class _LastMessage(msgspec.Struct):
    seq: int
    text: str


class _Conversation(msgspec.Struct):
    id: int
    last_message: _LastMessage | None = None


class _Told(msgspec.Struct):
    """As much of what devices are told of a conversation as says what its last message was."""

    conversation: _Conversation


class _Quoting(msgspec.Struct):
    """As much of an entry as says what it answers."""

    reply_to: chat.Quote | None = None
