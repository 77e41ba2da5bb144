"""Contacts: asked for, answered, ended; and blocks, which nobody is told of but by refusals."""

from __future__ import annotations

from collections.abc import Callable

from server.clock import Now
from server.errors import Forbidden, NotFound
from server.protocol import chat
from server.services import cursors
from server.storage import accounts, contacts, notifications, telling
from server.storage.contacts import Pair
from server.storage.database import Database
from server.storage.unit import repeatable

MOST_WAITING = 200
"""So many requests of one account may wait for an answer."""
_ACCEPTED = "contacts"
"""The source of all news that somebody has accepted: they fold into one."""


class Contacts:
    """The rules of being a contact, and of blocks. ``check_rate(account_id)`` raises RateLimited."""

    def __init__(self, db: Database, now: Now, check_rate: Callable[[int], None]) -> None:
        self._db = db
        self._now = now
        self._check_rate = check_rate

    async def list(self, account_id: int, command: chat.ListContacts) -> chat.ContactsPage:
        """Contacts, requests and blocked people, what came last first."""
        before = cursors.read(command.cursor, cursors.NEWEST)
        found = await self._db.read(contacts.page, account_id, command.filter, before, command.limit + 1)
        shown, cursor = cursors.page(found, command.limit, lambda one: (one[0], one[1].account.id))
        return chat.ContactsPage(contacts=[contact for _, contact in shown], cursor=cursor)

    async def request(self, account_id: int, command: chat.RequestContact) -> chat.Contact:
        """Asks somebody, who is notified."""
        self._check_rate(account_id)
        note = (command.note or "").strip() or None
        return await self._db.write(_request, account_id, command.account_id, note, self._now())

    async def answer(self, account_id: int, command: chat.AnswerContact) -> chat.Contact:
        """Accepts a request, of which the other one is notified, or declines it."""
        return await self._db.write(_answer, account_id, command.account_id, command.accept, self._now())

    async def remove(self, account_id: int, command: chat.WithPerson) -> chat.Contact:
        """Ends being contacts, or takes a request back."""
        return await self._db.write(_remove, account_id, command.account_id, self._now())

    async def block(self, account_id: int, command: chat.WithPerson) -> chat.Contact:
        """From now on neither writes to the other directly, asks, invites, or sees whether they are there."""
        return await self._db.write(_block, account_id, command.account_id, self._now())

    async def unblock(self, account_id: int, command: chat.WithPerson) -> chat.Contact:
        """Takes one's own block back: what stood behind it is there again."""
        return await self._db.write(_unblock, account_id, command.account_id)


# Units of work


@repeatable
def _request(account_id: int, other_id: int, note: str | None, now: int) -> chat.Contact:
    pair = contacts.held(account_id, other_id)
    if accounts.get(other_id).disabled_at is not None:
        raise NotFound("There is no such person.", field="account_id")
    _check_own_block(pair)
    if pair.theirs.blocked_at is not None:
        raise Forbidden("You cannot send this person a request.", field="account_id")
    if pair.mine.state == "received":
        return _accept(pair, now)
    if pair.mine.state != "none":
        return contacts.shown(pair.mine)
    if contacts.count_sent(account_id) >= MOST_WAITING:
        raise Forbidden(f"{MOST_WAITING} requests of yours wait for an answer; take one back first.")
    asked = contacts.change(pair, pair.becoming("sent", now, note))
    _tell("contact_request", account_id, other_id, note or "", now)
    return asked


@repeatable
def _answer(account_id: int, other_id: int, accept: bool, now: int) -> chat.Contact:
    pair = contacts.held(account_id, other_id)
    if accept:
        _check_own_block(pair)
    if pair.mine.state == "received":
        return _accept(pair, now) if accept else _end(pair, now)
    if accept and pair.mine.state != "contact":
        raise NotFound("There is no request from this person.", field="account_id")
    return contacts.shown(pair.mine)


@repeatable
def _remove(account_id: int, other_id: int, now: int) -> chat.Contact:
    return _end(contacts.held(account_id, other_id), now)


@repeatable
def _block(account_id: int, other_id: int, now: int) -> chat.Contact:
    pair = contacts.held(account_id, other_id)
    if pair.mine.blocked_at is not None:
        return contacts.shown(pair.mine)
    if pair.mine.state == "sent":
        _forget_request(account_id, other_id, now)
    notifications.archive_group(account_id, _request_of(other_id), now)
    # One's own request is taken back; everything else stays as it is, so that the other one learns nothing.
    after = pair.becoming("none", now) if pair.mine.state == "sent" else pair
    return contacts.change(pair, after.blocking(now))


@repeatable
def _unblock(account_id: int, other_id: int) -> chat.Contact:
    pair = contacts.held(account_id, other_id)
    return contacts.change(pair, pair.blocking(None))


def _accept(pair: Pair, now: int) -> chat.Contact:
    me, other_id = pair.mine.account_id, pair.theirs.account_id
    accepted = contacts.change(pair, pair.becoming("contact", now))
    notifications.mark_read_group(me, _request_of(other_id), now)
    if pair.theirs.blocked_at is None:
        _tell("contact_accepted", me, other_id, "", now)
    return accepted


def _end(pair: Pair, now: int) -> chat.Contact:
    """Nothing stands between the two any more but blocks."""
    me, other_id = pair.mine.account_id, pair.theirs.account_id
    if pair.mine.state == "sent":
        _forget_request(me, other_id, now)
    if pair.mine.state == "received":
        notifications.mark_read_group(me, _request_of(other_id), now)
    return contacts.change(pair, pair.becoming("none", now))


def _check_own_block(pair: Pair) -> None:
    if pair.mine.blocked_at is not None:
        raise Forbidden("You have blocked this person; unblock them first.", field="account_id")


# What inboxes say of it


def _tell(type: str, actor_id: int, account_id: int, body: str, now: int) -> None:
    """Notifies somebody of what ``actor_id`` has done."""
    actor = accounts.get(actor_id)
    title = {
        "contact_request": f"{actor.display_name} wants to connect",
        "contact_accepted": f"{actor.display_name} accepted your request",
    }[type]
    call = telling.Call(
        type=type,
        group=_request_of(actor_id) if type == "contact_request" else _ACCEPTED,
        title=title,
        body=body,
        url="/contacts",
        at=now,
        actor_id=actor_id,
        data={"actor_name": actor.display_name},
    )
    telling.tell([(call, account_id)])


def _forget_request(actor_id: int, account_id: int, now: int) -> None:
    """What was asked is taken back: it leads nowhere now."""
    notifications.archive_group(account_id, _request_of(actor_id), now)


def _request_of(actor_id: int) -> str:
    return f"contact:{actor_id}"
