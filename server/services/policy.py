"""Who may do what, as plain answers: each rule raises Forbidden with the reason, or passes."""

from __future__ import annotations

from server.errors import Forbidden
from server.records import Conversation, Membership
from server.settings import DirectMessages
from server.storage.contacts import MayReach

ADMINS = ("owner", "admin")


def may_reach(direct_messages: DirectMessages) -> MayReach:
    """The rule of this server for those who write to one another directly. A disabled account and a block go before."""

    def check(direct_state: str | None) -> None:
        if direct_state == "disabled":
            raise Forbidden("This person's account is disabled; nobody reads what is written to it.")
        if direct_state == "blocked":
            raise Forbidden("You cannot write to this person.")
        if direct_state == "strangers" and direct_messages == "contacts":
            raise Forbidden("On this server people write to their contacts; send a request first.")

    return check


def may_post(conversation: Conversation, membership: Membership) -> None:
    """Whether a member may write here."""
    only_standing(conversation)
    if conversation.rules["post"] == "admin" and membership.role not in ADMINS:
        raise Forbidden("Only admins can post here.")


def may_pin(conversation: Conversation, membership: Membership) -> None:
    """Whether a member may pin messages and take them down: whoever may write here."""
    only_standing(conversation)
    if conversation.rules["post"] == "admin" and membership.role not in ADMINS:
        raise Forbidden("Only admins can pin messages here.")


def may_mention_all(conversation: Conversation, membership: Membership) -> bool:
    """Whether ``@all`` of this member calls everybody."""
    return conversation.rules["mention_all"] == "member" or membership.role in ADMINS


def may_invite(conversation: Conversation, membership: Membership) -> None:
    """Whether a member may bring people in."""
    only_groups(conversation)
    if conversation.rules["invite"] == "admin" and membership.role not in ADMINS:
        raise Forbidden("Only admins can add people here.")


def may_change(conversation: Conversation, membership: Membership) -> None:
    """Whether a member may change the conversation's name, description, picture or rules."""
    only_groups(conversation)
    if membership.role not in ADMINS:
        raise Forbidden("Only admins can change this group.")


def may_remove(conversation: Conversation, membership: Membership, other: Membership) -> None:
    """Whether a member may take another one out."""
    only_groups(conversation)
    if membership.role not in ADMINS or other.role == "owner":
        raise Forbidden("Only admins can remove people, and nobody removes the owner.")
    if other.role == "admin" and membership.role != "owner":
        raise Forbidden("Only the owner can remove an admin.")


def may_set_role(conversation: Conversation, membership: Membership, other: Membership) -> None:
    """Whether a member may make another one an admin, or a member again."""
    only_groups(conversation)
    if membership.role != "owner":
        raise Forbidden("Only the owner can set roles.")
    if other.role == "owner":
        raise Forbidden("The owner's role is handed over, not set.")


def may_hand_over(conversation: Conversation, membership: Membership) -> None:
    """Whether a member may make another one the owner."""
    only_groups(conversation)
    if membership.role != "owner":
        raise Forbidden("Only the owner can hand the group over.")


def may_leave(conversation: Conversation) -> None:
    """Whether one can go; also from where nobody writes any more."""
    if conversation.kind == "direct":
        raise Forbidden("This is a direct conversation of two people.")


def may_dissolve(conversation: Conversation, membership: Membership) -> None:
    """Whether a member may end the conversation; asking again for what has ended is no harm."""
    may_leave(conversation)
    if membership.role != "owner":
        raise Forbidden("Only the owner can dissolve the group.")


def may_revoke(membership: Membership, maker_id: int) -> None:
    """Whether a member may end a link: one's own, or as an admin anybody's."""
    if membership.account_id != maker_id and membership.role not in ADMINS:
        raise Forbidden("You can revoke your own links; admins of a group can revoke anybody's.")


def may_trace(account_id: int, sender_id: int, *, is_admin: bool) -> None:
    """Whether somebody is told where a message is; ``is_admin``: of this server."""
    if sender_id != account_id and not is_admin:
        raise Forbidden("You can trace your own messages; admins of the server can trace anybody's.")


def may_delete(conversation: Conversation, membership: Membership, sender_id: int) -> None:
    """Whether a member may delete a message."""
    if sender_id == membership.account_id:
        return
    if conversation.kind == "direct" or membership.role not in ADMINS:
        raise Forbidden("You can delete your own messages; admins of a group can delete anybody's.")


def only_groups(conversation: Conversation) -> None:
    """Refuses what makes no sense between two people, or in a conversation that has ended."""
    if conversation.kind == "direct":
        raise Forbidden("This is a direct conversation of two people.")
    only_standing(conversation)


def only_standing(conversation: Conversation) -> None:
    """Refuses what would change a conversation that has ended."""
    if conversation.dissolved_at is not None:
        raise Forbidden("This conversation has been dissolved; it can only be read.")
