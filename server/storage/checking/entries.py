"""The log by itself: no gap, places in order, entries that can be read and are what was written, and its end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec

from server.protocol import chat
from server.storage.checking import erasure
from server.storage.checking.findings import Finding, Findings, Sink, Statement, Tell, at
from server.storage.checking.walks import Beside, Row, walk
from server.storage.unit import fetch_all

_ENTRIES = (
    "select conversation_id, seq, position, kind, actor_id, at, target_seq, data, salt, body_hash from entry "
    "where (conversation_id, seq) > (?, ?) order by conversation_id, seq"
)
_CONVERSATIONS = "select id, head_seq from conversation where (id) > (?) order by id"
# Whatever else has heard of an entry: when the log ends before it, the end of the log is lost.
_HEARD_OF = (
    "select max(seq) from (select max(seq) as seq from message where conversation_id = ? "
    "union all select max(changed_seq) from message where conversation_id = ? "
    "union all select max(seq) from reaction where conversation_id = ? "
    "union all select max(read_seq) from membership where conversation_id = ? "
    "union all select max(message_seq) from notification where conversation_id = ?) as heard"
)
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    kind: msgspec.json.Decoder(type_) for kind, type_ in chat.ENTRY_DATA.items()
}


def check_logs(found: Findings, sink: Sink, tell: Tell) -> set[int]:
    """Looks at every log. The conversations whose log is not whole: of those nothing can be made anew."""
    broken: set[int] = set()

    def note(finding: Finding, conversation_id: int) -> None:
        if not finding.mends:
            broken.add(conversation_id)
        sink(finding)

    def read(count: int) -> None:
        found.looked("log", count)
        tell("log", count)

    heads = Beside(walk(_CONVERSATIONS, (0,), lambda row: row[:1], lambda count: None), 1)
    log: _Log | None = None
    for row in walk(_ENTRIES, (0, 0), lambda row: row[:2], read):
        if log is None or log.conversation_id != row[0]:
            for finding in _ended(log, heads, row[0]):
                note(*finding)
            log = _Log(row[0])
        for sentence in log.faults(row):
            note(Finding("log", sentence), row[0])
    for finding in _ended(log, heads, None):
        note(*finding)
    return broken


class _Log:
    """One conversation's log, entry by entry."""

    def __init__(self, conversation_id: int) -> None:
        self.conversation_id = conversation_id
        self.seq = 0
        self._position = 0

    def faults(self, row: Row) -> Iterator[str]:
        """What is wrong with the next entry, in sentences."""
        conversation_id, seq, position, kind, *_, data, salt, body_hash = row
        here = at(conversation_id, seq)
        if seq == self.seq + 2:
            yield at(conversation_id, seq - 1) + "the entry is missing in the log."
        elif seq != self.seq + 1:
            yield f"{at(conversation_id)}the entries {self.seq + 1} to {seq - 1} are missing in the log."
        if position <= self._position:
            yield f"{here}its position is {position}, but the entry before it has {self._position}."
        self.seq, self._position = seq, position
        if salt is not None and _hash(data, salt) != body_hash and not erasure.concerns(row):
            yield f"{here}the entry is not what was written: its body hash differs."
        elif salt is None and kind not in erasure.ERASABLE:
            yield f"{here}the entry has lost its salt, so nobody can tell whether it is what was written."
        yield from (here + fault for fault in _contradictions(row))


def _contradictions(row: Row) -> Iterator[str]:
    """Where an entry's data cannot be read, or says something else than its columns."""
    conversation_id, seq, _, kind, actor_id, sent_at, target_seq, data, *_ = row
    decoder = _DECODERS.get(kind)
    if decoder is None:
        yield f"nobody knows entries of the kind {kind}."
        return
    try:
        body = decoder.decode(data)
    except (msgspec.DecodeError, UnicodeError) as error:
        yield f"the entry cannot be read as {kind}: {error}."
        return
    if getattr(body, "target_seq", None) != target_seq:
        yield f"its target is {target_seq}, but its data says {getattr(body, 'target_seq', None)}."
    if isinstance(body, chat.Message):
        said = (body.conversation_id, body.seq, body.sender_id, body.sent_at)
        if said != (conversation_id, seq, actor_id, sent_at):
            yield "its conversation, place, sender or time is not what its data says."
    if isinstance(body, chat.MessageEdited) and body.edited_at != sent_at:
        yield "its time is not what its data says."


def _ended(log: _Log | None, heads: Beside, following: int | None) -> Iterator[tuple[Finding, int]]:
    """What is wrong with the heads of conversations before ``following``, at the end of a log."""
    if log is not None:
        for conversation_id, head_seq in heads.before((log.conversation_id,)):
            yield from _head(conversation_id, head_seq, 0)
        rows = list(heads.at((log.conversation_id,)))
        if not rows:
            sentence = f"{at(log.conversation_id)}there are {log.seq} entries in the log, but no conversation."
            yield Finding("log", sentence), log.conversation_id
        for conversation_id, head_seq in rows:
            yield from _head(conversation_id, head_seq, log.seq)
    if following is None:
        for conversation_id, head_seq in heads.before((2**63 - 1,)):
            yield from _head(conversation_id, head_seq, 0)


def _head(conversation_id: int, head_seq: int, newest: int) -> Iterator[tuple[Finding, int]]:
    if head_seq == newest:
        return
    said = f"{at(conversation_id)}its head is {head_seq}, but its log ends with {newest}"
    if head_seq > newest and (heard_of := fetch_all(_HEARD_OF, (conversation_id,) * 5)[0][0] or 0) > newest:
        said += f", and others have heard of {heard_of}: the end of the log is lost."
        yield Finding("log", said), conversation_id
        return
    mend: Statement = ("update conversation set head_seq = ? where id = ?", (newest, conversation_id))
    yield Finding("conversations", f"{said}.", (mend,)), conversation_id


def _hash(data: str, salt: bytes) -> bytes:
    return hashlib.blake2b(data.encode(), key=salt, digest_size=16).digest()
