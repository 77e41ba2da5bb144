"""Joining a group by oneself: by a link, or because it is open; and what is there to be found."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from server import records
from server.errors import Forbidden, NotFound
from server.protocol import chat
from server.records import StoredFile
from server.storage import accounts, contacts, files, invites, membership, views
from server.storage.invites import Link
from server.storage.unit import fetch_all, hold

MayInvite = Callable[[records.Conversation, records.Membership], None]

_OPEN = "kind = 'open' and dissolved_at is null"
_SHOWN = "id, title, description, member_count, last_active_at, picture_file_id"


def by_invite(account_id: int, code_hash: bytes, most: int, now: int, may_invite: MayInvite) -> chat.Conversation:
    """Joins by the code of a link; who belongs already just gets there, though it was they who used it up.

    Raises NotFound, also for those whom the maker of the link has blocked; Forbidden when it is full, and for those
    who have been removed.
    """
    link = _link(code_hash, now, account_id)
    hold(conversations=[link.conversation_id])
    if _belongs(link.conversation_id, account_id):
        return views.view(account_id, link.conversation_id)
    # It may have been used up while others were waited for.
    found = invited(code_hash, now, may_invite)
    conversation = found.conversation
    _check_welcome(found.maker.id, account_id)
    _check_not_removed(conversation.id, account_id)
    _check_room(conversation, most)
    invites.use(found.link)
    membership.add(conversation, account_id, [account_id], now, by_link=True)
    return views.view(account_id, conversation.id)


@dataclass(frozen=True, slots=True)
class Invited:
    """Where a link leads, and in whose name."""

    link: Link
    conversation: records.Conversation
    maker: records.Account
    picture_file_id: int | None


def invited_as(account_id: int, code_hash: bytes, now: int, may_invite: MayInvite) -> tuple[Invited, bool]:
    """The same as somebody in particular is answered, and whether they belong there already. Raises NotFound, and
    Forbidden for those who have been removed.
    """
    found = invited(code_hash, now, may_invite)
    belongs = _belongs(found.conversation.id, account_id)
    if not belongs:
        _check_welcome(found.maker.id, account_id)
        _check_not_removed(found.conversation.id, account_id)
    return found, belongs


def invited(code_hash: bytes, now: int, may_invite: MayInvite) -> Invited:
    """Where a link leads. Raises NotFound when it is wrong, too old, used up, or when whoever made it may no longer
    invite.
    """
    link = _link(code_hash, now)
    conversation = membership.conversations([link.conversation_id])[link.conversation_id]
    place = (link.conversation_id, link.created_by)
    maker = membership.memberships([place]).get(place)
    try:
        if maker is None:
            raise _no_such_link()
        may_invite(conversation, maker)
    except Forbidden:
        raise _no_such_link() from None
    [(picture_file_id,)] = fetch_all("select picture_file_id from conversation where id = ?", (conversation.id,))
    return Invited(link, conversation, accounts.get(link.created_by), picture_file_id)


def invited_picture(code_hash: bytes, now: int, may_invite: MayInvite) -> StoredFile | None:
    """The picture of where a link leads, if it has one. Raises NotFound as ``invited`` does."""
    found = invited(code_hash, now, may_invite)
    return files.picture_of_conversation(found.conversation.id) if found.picture_file_id is not None else None


def open_one(account_id: int, conversation_id: int, most: int, now: int) -> chat.Conversation:
    """Joins an open conversation; who belongs already just gets there.

    Raises NotFound; Forbidden when it is full, and for those who have been removed.
    """
    hold(conversations=[conversation_id])
    conversation = membership.conversations([conversation_id]).get(conversation_id)
    if conversation is None or conversation.kind != "open":
        raise NotFound("There is no such open conversation.", field="conversation_id")
    if not _belongs(conversation_id, account_id):
        if conversation.dissolved_at is not None:
            raise NotFound("There is no such open conversation.", field="conversation_id")
        _check_not_removed(conversation_id, account_id)
        _check_room(conversation, most)
        membership.add(conversation, account_id, [account_id], now)
    return views.view(account_id, conversation_id)


def welcome(account_id: int, conversation_id: int, most: int, now: int) -> None:
    """Brings a new account into an open conversation, if it is there, open, and has room."""
    with contextlib.suppress(NotFound, Forbidden):
        open_one(account_id, conversation_id, most, now)


def is_open(conversation_id: int) -> bool:
    """Whether anybody may join it now."""
    return bool(fetch_all(f"select 1 from conversation where id = ? and {_OPEN}", (conversation_id,)))


def find_open(account_id: int, query: str, before: tuple[int, int], limit: int) -> list[chat.OpenConversation]:
    """Open conversations behind the place ``before`` = (last_active_at, id), most recently active first; without
    those from which one has been removed.
    """
    rows = fetch_all(
        f"select {_SHOWN} from conversation where {_OPEN} and (last_active_at, id) < (?, ?) "
        "and not exists (select 1 from conversation_removal where conversation_id = conversation.id "
        "and account_id = ?) order by last_active_at desc, id desc",
        (*before, account_id),
    )
    wanted = accounts.folded(query)
    # There are few; how words begin in every script is nothing that a database knows.
    found = [row for row in rows if _begins_in(wanted, f"{row[1]} {row[2] or ''}")][:limit]
    joined = membership.memberships([(row[0], account_id) for row in found]) if found else {}
    return [_open_conversation(row, (row[0], account_id) in joined) for row in found]


def _begins_in(wanted: str, text: str) -> bool:
    return not wanted or f" {wanted}" in f" {accounts.folded(text)}"


def _open_conversation(row: tuple[Any, ...], joined: bool) -> chat.OpenConversation:
    id_, title, description, member_count, last_active_at, picture_file_id = row
    return chat.OpenConversation(
        id=id_,
        title=title,
        description=description or None,
        member_count=member_count,
        last_active_at=last_active_at,
        picture_url=views.picture_url(id_, picture_file_id) or None,
        joined=joined,
    )


def _link(code_hash: bytes, now: int, account_id: int | None = None) -> Link:
    """Used up, it is still one for ``account_id``, if they belong there."""
    link = invites.find(code_hash, now)
    is_in = link is not None and account_id is not None and _belongs(link.conversation_id, account_id)
    if link is None or (link.is_used_up and not is_in):
        raise _no_such_link()
    return link


def _no_such_link() -> NotFound:
    return NotFound("This invite link is wrong, used up, or has ended.", field="code")


def _check_welcome(maker_id: int, account_id: int) -> None:
    """A link invites in its maker's name: whom they have blocked, it says nothing. Others' links do as ever."""
    if contacts.pair(maker_id, account_id).mine.blocked_at is not None:
        raise _no_such_link()


def _check_not_removed(conversation_id: int, account_id: int) -> None:
    if membership.was_removed(conversation_id, account_id):
        raise Forbidden("You were removed from this conversation; only its members can add you again.")


def _belongs(conversation_id: int, account_id: int) -> bool:
    place = (conversation_id, account_id)
    return place in membership.memberships([place])


def _check_room(conversation: records.Conversation, most: int) -> None:
    if conversation.member_count >= most:
        raise Forbidden(f"This group is full: it has {most} members.")
