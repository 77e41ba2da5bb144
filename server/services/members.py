"""Who belongs to a group: added, removed, their roles, and who they are."""

from __future__ import annotations

from server import records
from server.clock import Now
from server.errors import NotFound
from server.protocol import chat
from server.services import cursors, policy
from server.storage import conversations, membership, views
from server.storage.database import Database

MAX_MEMBERS = 5000


class Members:
    """The rules of belonging."""

    def __init__(self, db: Database, now: Now) -> None:
        self._db = db
        self._now = now

    async def add(self, account_id: int, command: chat.AddMembers) -> chat.Conversation:
        """Brings people into a group; who is there already stays."""
        return await self._db.write(
            conversations.add_members,
            account_id,
            command.conversation_id,
            command.account_ids,
            MAX_MEMBERS,
            self._now(),
            policy.may_invite,
        )

    async def remove(self, account_id: int, command: chat.RemoveMember) -> chat.Nothing:
        """Takes somebody out of a group; from then on they get nothing more of it."""
        await self._db.write(_remove, account_id, command, self._now())
        return chat.Nothing()

    async def leave(self, account_id: int, command: chat.InConversation) -> chat.Nothing:
        """Goes. An owner hands over; the last one out dissolves the group."""
        await self._db.write(_leave, account_id, command.conversation_id, self._now())
        return chat.Nothing()

    async def set_role(self, account_id: int, command: chat.SetRole) -> chat.Nothing:
        """Makes a member an admin, or an admin a member again."""
        await self._db.write(_set_role, account_id, command, self._now())
        return chat.Nothing()

    async def hand_over(self, account_id: int, command: chat.HandOver) -> chat.Conversation:
        """Makes somebody else the owner; the owner becomes an admin."""
        return await self._db.write(_hand_over, account_id, command, self._now())

    async def list(self, account_id: int, command: chat.ListMembers) -> chat.MembersPage:
        """Who belongs, longest-serving first."""
        return await self._db.read(_list, account_id, command)


def _remove(actor_id: int, command: chat.RemoveMember, now: int) -> None:
    conversation, member = membership.held(command.conversation_id, actor_id)
    if command.account_id == actor_id:
        policy.may_leave(conversation)
        membership.leave(conversation, member, now)
        return
    other = _other(command.conversation_id, command.account_id)
    policy.may_remove(conversation, member, other)
    membership.remove(conversation, actor_id, other, now)


def _leave(actor_id: int, conversation_id: int, now: int) -> None:
    conversation, member = membership.held(conversation_id, actor_id)
    policy.may_leave(conversation)
    membership.leave(conversation, member, now)


def _set_role(actor_id: int, command: chat.SetRole, now: int) -> None:
    conversation, member = membership.held(command.conversation_id, actor_id)
    other = _other(command.conversation_id, command.account_id)
    policy.may_set_role(conversation, member, other)
    membership.set_role(conversation, actor_id, other, command.role, now)


def _hand_over(actor_id: int, command: chat.HandOver, now: int) -> chat.Conversation:
    conversation, member = membership.held(command.conversation_id, actor_id)
    other = _other(command.conversation_id, command.account_id)
    if other.role != "owner":  # else it has been done
        policy.may_hand_over(conversation, member)
        membership.set_role(conversation, actor_id, other, "owner", now)
        membership.set_role(conversation, actor_id, member, "admin", now)
    return views.view(actor_id, command.conversation_id)


def _list(actor_id: int, command: chat.ListMembers) -> chat.MembersPage:
    membership.of(command.conversation_id, actor_id)
    place = cursors.read(command.cursor, cursors.OLDEST)
    found = membership.page(command.conversation_id, actor_id, place, command.limit + 1)
    shown, cursor = cursors.page(found, command.limit, lambda one: (one.joined_at, one.account.id))
    return chat.MembersPage(members=shown, cursor=cursor)


def _other(conversation_id: int, account_id: int) -> records.Membership:
    found = membership.memberships([(conversation_id, account_id)]).get((conversation_id, account_id))
    if found is None:
        raise NotFound("This person does not belong to the conversation.", field="account_id")
    return found
