"""Joining by oneself: links into groups, and open conversations."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from server import records
from server.clock import Now
from server.errors import Invalid, NotFound
from server.protocol import chat, http
from server.services import codes, policy
from server.services.attempts import Attempts
from server.services.members import MAX_MEMBERS
from server.storage import invites, joining, membership
from server.storage.database import Database

MAX_LINKS = 50
"""Links into one group that are good at the same time."""
TRIES = 30
"""Wrong codes of one person or address in five minutes."""


class Invites:
    """The rules of links. ``tries`` counts wrong codes, by account at the sockets and by address over HTTP."""

    def __init__(self, db: Database, now: Now) -> None:
        self._db = db
        self._now = now
        self.tries = Attempts(per_address=TRIES)

    async def create(self, account_id: int, command: chat.CreateInvite) -> chat.InviteCreated:
        """A new link; its code is shown only now."""
        code = codes.new_word()
        invite = await self._db.write(_create, account_id, command, codes.hash_of(code), self._now())
        return chat.InviteCreated(invite=invite, code=code)

    async def list(self, account_id: int, command: chat.InConversation) -> chat.Invites:
        """The links that are good now: one's own, or all of them for admins."""
        return await self._db.read(_list, account_id, command.conversation_id, self._now())

    async def revoke(self, account_id: int, command: chat.RevokeInvite) -> chat.Nothing:
        """Ends a link; one that has ended already stays so."""
        await self._db.write(_revoke, account_id, command)
        return chat.Nothing()

    async def join(self, account_id: int, command: chat.JoinByInvite) -> chat.Conversation:
        """Joins by a code. Raises NotFound, Forbidden when the group is full or one was removed, RateLimited."""
        code_hash = codes.hash_of(command.code)
        with self._tried(f"account {account_id}"):
            return await self._db.write(
                joining.by_invite, account_id, code_hash, MAX_MEMBERS, self._now(), policy.may_invite
            )

    async def join_open(self, account_id: int, command: chat.InConversation) -> chat.Conversation:
        """Joins an open conversation. Raises NotFound, Forbidden when it is full or one was removed."""
        return await self._db.write(joining.open_one, account_id, command.conversation_id, MAX_MEMBERS, self._now())

    async def preview(self, code: str, address: str, account_id: int | None) -> http.InvitePreview:
        """What one joins by a code. Raises NotFound, RateLimited, Forbidden for somebody who was removed."""
        with self._tried(address):
            return await self._db.read(_preview, codes.hash_of(code), account_id, self._now())

    async def picture(self, code: str, address: str) -> records.StoredFile:
        """Its picture. Raises NotFound, RateLimited."""
        code_hash = codes.hash_of(code)
        with self._tried(address):
            stored = await self._db.read(joining.invited_picture, code_hash, self._now(), policy.may_invite)
        # A good code of a group without a picture is no guess.
        if stored is None:
            raise NotFound("There is no such picture.")
        return stored

    @contextlib.contextmanager
    def _tried(self, who: str) -> Iterator[None]:
        with self.tries.attempt(who) as attempt:
            try:
                yield
            except NotFound:
                attempt.was_wrong()
                raise


def _create(account_id: int, command: chat.CreateInvite, code_hash: bytes, now: int) -> chat.Invite:
    conversation, member = membership.held(command.conversation_id, account_id)
    policy.may_invite(conversation, member)
    invites.sweep(now)
    if len(invites.good_of(conversation.id, now)) >= MAX_LINKS:
        raise Invalid(f"A group has at most {MAX_LINKS} links at a time. Revoke one first.", field="conversation_id")
    expires_at = now + command.good_for_s * 1000
    return invites.add(conversation.id, code_hash, account_id, now, expires_at, command.uses)


def _list(account_id: int, conversation_id: int, now: int) -> chat.Invites:
    conversation, member = membership.of(conversation_id, account_id)
    policy.may_invite(conversation, member)
    found = invites.good_of(conversation_id, now)
    if member.role not in policy.ADMINS:
        found = [one for one in found if one.created_by == account_id]
    return chat.Invites(invites=found)


def _revoke(account_id: int, command: chat.RevokeInvite) -> None:
    _, member = membership.held(command.conversation_id, account_id)
    maker_id = invites.maker_of(command.conversation_id, command.invite_id)
    if maker_id is not None:
        policy.may_revoke(member, maker_id)
        invites.revoke(command.conversation_id, command.invite_id)


def _preview(code_hash: bytes, account_id: int | None, now: int) -> http.InvitePreview:
    if account_id is None:
        found, belongs = joining.invited(code_hash, now, policy.may_invite), False
    else:
        found, belongs = joining.invited_as(account_id, code_hash, now, policy.may_invite)
    return http.InvitePreview(
        title=found.conversation.title,
        description=found.conversation.description or None,
        member_count=found.conversation.member_count,
        invited_by=found.maker.display_name,
        expires_at=found.link.expires_at,
        has_picture=found.picture_file_id is not None,
        conversation_id=found.conversation.id if belongs else None,
    )
