"""Saying again elsewhere what was said: a new message that names who wrote it first."""

from __future__ import annotations

import msgspec

from server.errors import ClientIdConflict, Forbidden, NotFound
from server.protocol import chat
from server.storage import appending, files, membership, messages
from server.storage.appending import Draft, MayPost
from server.storage.models import Message
from server.storage.unit import Rows, holding, repeatable


@repeatable
@holding(
    lambda sender_id, conversation_id, seq, to_id, *_: Rows(
        conversations=[conversation_id, to_id], memberships=[(to_id, sender_id)]
    )
)
def forward_message(
    sender_id: int, conversation_id: int, seq: int, to_id: int, client_id: str, now: int, may_post: MayPost
) -> chat.MessageSent:
    """Appends to ``to_id`` what stands at ``seq`` of a conversation, with its files, whose bytes both have in common.

    The same ``client_id`` and origin gets its first place again, whatever has become of the origin since. Raises
    NotFound for what the sender may not see, Forbidden when it was deleted, ClientIdConflict, or what the rule raises.
    """
    source = messages.find(conversation_id, seq)
    if source is None:
        raise _not_found()
    origin = _origin(source)
    draft = Draft(conversation_id=to_id, client_id=client_id, text=source.text, forward_of=origin)
    if earlier := _earlier(sender_id, draft):
        return earlier
    _, member = membership.of(conversation_id, sender_id)
    if seq < member.history_from_seq:
        raise _not_found()
    if source.deleted_at is not None:
        raise Forbidden("This message has been deleted.")
    shared = tuple(files.of_messages(conversation_id, [seq]).get(seq, ()))
    draft = msgspec.structs.replace(draft, shared=shared)
    sent = appending.append_message(sender_id, draft, now, may_post, _calls_nobody)
    Message.update(forward_sender_id=origin.sender_id, forward_sent_at=origin.sent_at).where(
        (Message.conversation_id == to_id) & (Message.seq == sent.seq)
    ).execute()
    return sent


def _origin(source: Message) -> chat.Origin:
    """Who wrote it first: what is forwarded again keeps its first author."""
    if source.forward_sender_id is not None and source.forward_sent_at is not None:
        return chat.Origin(sender_id=source.forward_sender_id, sent_at=source.forward_sent_at)
    return chat.Origin(sender_id=source.sender_id, sent_at=source.sent_at)


def _earlier(sender_id: int, draft: Draft) -> chat.MessageSent | None:
    """Where it stands already. Looked for before anything is refused: the origin may be out of sight by now."""
    sent = Message.get_or_none((Message.client_id == draft.client_id) & (Message.sender_id == sender_id))
    if sent is None:
        return None
    if sent.content_hash not in (None, draft.content_hash()):
        raise ClientIdConflict("This client_id already labels another message of yours.", field="client_id")
    return chat.MessageSent(conversation_id=sent.conversation_id, seq=sent.seq, sent_at=sent.sent_at, duplicate=True)


def _calls_nobody(*_: object) -> bool:
    return False


def _not_found() -> NotFound:
    return NotFound("There is no such message.", field="seq")
