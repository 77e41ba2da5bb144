"""Reports of messages: rows in the inboxes of those who look after a group, and after the server."""

from __future__ import annotations

from server.errors import Forbidden
from server.storage import accounts, messages, telling
from server.storage.telling import Call
from server.storage.unit import fetch_all

EXCERPT = 200
_ADMINS = (
    "select id from account where role in ('owner', 'admin') and disabled_at is null "
    "union select account_id from membership where conversation_id = ? and role in ('owner', 'admin')"
)


def report(reporter_id: int, conversation_id: int, seq: int, reason: str, now: int) -> None:
    """Tells the admins of the group, if it is one, and of the server about a message that the reporter may see.

    Neither its author nor the reporter is told. Raises NotFound, and Forbidden for one's own or a deleted message.
    """
    conversation, _, message = messages.held(reporter_id, conversation_id, seq)
    if message.sender_id == reporter_id:
        raise Forbidden("This is a message of your own. You can delete it.")
    if message.deleted_at is not None:
        raise Forbidden("This message has been deleted.")
    people = {person.id: person for person in accounts.get_many([reporter_id, message.sender_id])}
    reporter, author = people[reporter_id], people[message.sender_id]
    where = f" in {conversation.title}" if conversation.title else ""
    call = Call(
        type="system",
        group=f"report:{conversation_id}:{seq}",
        title=f"{reporter.display_name} reported a message of {author.display_name}{where}",
        # The words, as those of the server's admins who do not belong cannot look; a deletion takes them away.
        body=message.text[:EXCERPT],
        url=f"/c/{conversation_id}/m/{seq}",
        at=now,
        actor_id=reporter_id,
        conversation_id=conversation_id,
        message_seq=seq,
        data={
            "kind": "report",
            "reason": reason,
            "actor_name": reporter.display_name,
            "author_id": author.id,
            "author_name": author.display_name,
            "conversation_title": conversation.title,
            "conversation_kind": conversation.kind,
        },
    )
    admins = {row[0] for row in fetch_all(_ADMINS, (conversation_id,))} - {reporter_id, message.sender_id}
    telling.tell([(call, account_id) for account_id in sorted(admins)])
