"""Read marks: how far each member has read. They only move forward, and never past the head."""

from __future__ import annotations

from server import records
from server.protocol import chat
from server.storage import accounts, membership, notifications, views
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
        announce(records.ReadMark(conversation_id, account_id, mark, conversation.member_count))
    # A send moves the mark too, so the inbox may still hold what stands below it.
    notifications.read_up_to(account_id, conversation_id, max(mark, member.read_seq), now)
    view = views.view(account_id, conversation_id)
    return chat.ReadState(read_seq=view.read_seq, unread=view.unread, mentions=view.mentions)
