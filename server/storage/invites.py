"""Links into groups: kept as hashes of their codes, good for a while and for a number of people."""

from __future__ import annotations

from dataclasses import dataclass

from server.protocol import chat
from server.storage.models import ConversationInvite
from server.storage.unit import fetch_all

_GOOD = "expires_at > ? and (uses_left is null or uses_left > 0)"


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it stands: into which conversation, and in whose name it invites."""

    id: int
    conversation_id: int
    created_by: int
    expires_at: int
    is_used_up: bool


def add(
    conversation_id: int, code_hash: bytes, created_by: int, now: int, expires_at: int, uses: int | None
) -> chat.Invite:
    """A new link."""
    row = ConversationInvite.create(
        conversation_id=conversation_id,
        code_hash=code_hash,
        created_by=created_by,
        created_at=now,
        expires_at=expires_at,
        uses_left=uses,
    )
    return chat.Invite(id=row.id, created_by=created_by, created_at=now, expires_at=expires_at, used=0, uses_left=uses)


def good_of(conversation_id: int, now: int) -> list[chat.Invite]:
    """The links into a conversation that are good now, the newest first."""
    rows = fetch_all(
        "select id, created_by, created_at, expires_at, used, uses_left from conversation_invite "
        f"where conversation_id = ? and {_GOOD} order by created_at desc, id desc",
        (conversation_id, now),
    )
    return [
        chat.Invite(id=row[0], created_by=row[1], created_at=row[2], expires_at=row[3], used=row[4], uses_left=row[5])
        for row in rows
    ]


def find(code_hash: bytes, now: int) -> Link | None:
    """The link with this code, if it has not ended. Whoever came by it may ask again when it is used up."""
    rows = fetch_all(
        "select id, conversation_id, created_by, expires_at, uses_left from conversation_invite "
        "where code_hash = ? and expires_at > ?",
        (code_hash, now),
    )
    if not rows:
        return None
    id_, conversation_id, created_by, ends, uses_left = rows[0]
    return Link(id_, conversation_id, created_by, ends, is_used_up=uses_left == 0)


def maker_of(conversation_id: int, invite_id: int) -> int | None:
    """Who made a link; None when there is none of that number."""
    rows = fetch_all(
        "select created_by from conversation_invite where conversation_id = ? and id = ?", (conversation_id, invite_id)
    )
    return rows[0][0] if rows else None


def use(link: Link) -> None:
    """One more came by it. The conversation is held: nobody else comes meanwhile."""
    ConversationInvite.update(used=ConversationInvite.used + 1, uses_left=ConversationInvite.uses_left - 1).where(
        ConversationInvite.id == link.id
    ).execute()


def revoke(conversation_id: int, invite_id: int) -> None:
    """Nobody comes in by it any more."""
    ConversationInvite.delete().where(
        ConversationInvite.conversation_id == conversation_id, ConversationInvite.id == invite_id
    ).execute()


def forget(conversation_id: int, created_by: int | None = None) -> None:
    """Ends all links into a conversation, or those in somebody's name."""
    which = ConversationInvite.conversation_id == conversation_id
    if created_by is not None:
        which &= ConversationInvite.created_by == created_by
    ConversationInvite.delete().where(which).execute()


def sweep(now: int) -> None:
    """Forgets what has ended."""
    ConversationInvite.delete().where(ConversationInvite.expires_at <= now).execute()
