"""Marks: how far each member has read and received. They only move forward, and never past the head."""

from __future__ import annotations

from server import records
from server.protocol import chat
from server.storage import accounts, membership, notifications, people, views
from server.storage.models import Membership
from server.storage.unit import Rows, announce, holding, repeatable


@repeatable
@holding(
    lambda account_id, conversation_id, *_: Rows(accounts=[account_id], memberships=[(conversation_id, account_id)])
)
def mark_read(account_id: int, conversation_id: int, seq: int, now: int) -> chat.ReadState:
    """Moves a member's mark, clears what the inbox says of it, and returns what is left unread."""
    conversation, member = membership.of(conversation_id, account_id)
    mark = min(seq, conversation.head_seq)
    if mark > member.read_seq:
        mine = (Membership.conversation_id == conversation_id) & (Membership.account_id == account_id)
        Membership.update(read_seq=mark).where(mine).execute()
        receipt = {"conversation_id": conversation_id, "account_id": account_id, "read_seq": mark}
        accounts.add_account_change(account_id, "receipt", receipt)
        if not people.hides_receipts(account_id):
            announce(records.ReadMark(conversation_id, account_id, mark, conversation.member_count))
    # A send moves the mark too, so the inbox may still hold what stands below it.
    notifications.read_up_to(account_id, conversation_id, max(mark, member.read_seq), now)
    unread, mentions = views.unread(account_id, conversation_id)
    return chat.ReadState(read_seq=max(mark, member.read_seq), unread=unread, mentions=mentions)


@repeatable
@holding(lambda account_id, conversation_id, *_: Rows(memberships=[(conversation_id, account_id)]))
def mark_received(account_id: int, conversation_id: int, seq: int, most_members: int) -> chat.ReadState:
    """Moves how far a member's devices have received, unless the conversation has more than ``most_members``.

    Returns how far they have read. What they have read they have received: such a mark moves nothing.
    """
    conversation, member = membership.of(conversation_id, account_id)
    mark = min(seq, conversation.head_seq)
    if mark > max(member.received_seq, member.read_seq) and conversation.member_count <= most_members:
        mine = (Membership.conversation_id == conversation_id) & (Membership.account_id == account_id)
        Membership.update(received_seq=mark).where(mine).execute()
        if not people.hides_receipts(account_id):
            announce(records.ReceivedMark(conversation_id, account_id, mark))
    unread, mentions = views.unread(account_id, conversation_id)
    return chat.ReadState(read_seq=member.read_seq, unread=unread, mentions=mentions)
