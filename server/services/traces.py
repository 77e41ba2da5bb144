"""Where is my message? Stored, sent, received, read; and for the server's admins whom it called, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from server import records
from server.errors import NotFound
from server.protocol import chat
from server.realtime.delivery import SMALL_CONVERSATION
from server.realtime.everywhere import Everywhere
from server.realtime.verified import Verified
from server.services import cursors, policy
from server.storage import accounts, membership, notification_rules, traces
from server.storage.database import Database
from server.storage.listeners import Called, called_by
from server.storage.notification_rules import EVERYTHING, Stored
from server.storage.traces import Reached, Said, Told

_TYPES: tuple[Called, ...] = ("mention", "reply", "message")


@dataclass(frozen=True, slots=True)
class _Found:
    """What the database says, at one moment. Without ``people`` nobody is shown who has got it."""

    conversation: records.Conversation
    message: Said
    is_admin: bool
    marks: bool
    """Whether who asks may see how far others are."""
    counts: tuple[int, int, int]
    people: list[Reached] | None
    accounts: dict[int, records.Account]
    told: dict[tuple[int, str], Told]
    is_considered: bool
    rules: dict[int, Stored]


class Traces:
    """The rules of traces. ``follower`` is the name of the one that tells people of messages."""

    def __init__(self, db: Database, everywhere: Everywhere, verified: Verified, follower: str) -> None:
        self._db = db
        self._everywhere = everywhere
        self._verified = verified
        self._follower = follower

    async def trace(self, account_id: int, command: chat.TraceMessage) -> chat.Trace:
        """What can be told of a message: to its sender what receipts show, to the server's admins everything.

        Raises NotFound, and Forbidden for a message of somebody else's.
        """
        found = await self._db.read(_find, account_id, command, self._follower)
        message, is_admin = found.message, found.is_admin
        shown, cursor = cursors.page(found.people or [], command.limit, _place)
        people, received, read = found.counts
        is_small = found.conversation.member_count <= SMALL_CONVERSATION and found.marks
        return chat.Trace(
            conversation_id=command.conversation_id,
            seq=command.seq,
            sender_id=message.sender_id,
            as_admin=is_admin,
            stored=chat.TraceStored(
                at=message.sent_at,
                position=message.position if is_admin else None,
                edited_at=message.edited_at,
                deleted_at=message.deleted_at,
            ),
            sent=self._sent(command, message, is_admin),
            people=people,
            received=received if is_small else None,
            read=read if found.marks else None,
            members=None if found.people is None else [self._member(found, one, is_small) for one in shown],
            cursor=cursor,
        )

    def _sent(self, command: chat.TraceMessage, message: Said, is_admin: bool) -> chat.TraceSent:
        workers = self._verified.sent(command.conversation_id, command.seq, message.position)
        return chat.TraceSent(
            everywhere=all(worker.sent for worker in workers),
            workers=[
                chat.TraceWorker(name=worker.name, sent=worker.sent, silent_s=int(worker.silent_s))
                for worker in workers
            ]
            if is_admin
            else None,
        )

    def _member(self, found: _Found, one: Reached, is_small: bool) -> chat.TraceMember:
        account_id, is_admin = one.listener.account_id, found.is_admin
        account = found.accounts[account_id]
        is_shown = found.marks and (is_admin or not account.hides_receipts)
        return chat.TraceMember(
            account=accounts.public(account),
            # In a large conversation only those who have read it are known to have got it.
            received=one.received if is_shown and (is_small or one.read) else None,
            read=one.read if is_shown else None,
            presence=self._everywhere.state(account_id) if is_admin else None,
            devices=self._everywhere.devices(account_id) if is_admin else None,
            notified=_notified(found, one) if is_admin else None,
        )


def _find(account_id: int, command: chat.TraceMessage, follower: str) -> _Found:
    place = (command.conversation_id, account_id)
    asking = accounts.get(account_id)
    is_admin = asking.role in policy.ADMINS
    conversation = membership.conversations([command.conversation_id]).get(command.conversation_id)
    member = membership.memberships([place]).get(place)
    if conversation is None or (member is None and not is_admin):
        raise NotFound("There is no such conversation.", field="conversation_id")
    message = traces.said(command.conversation_id, command.seq)
    is_hidden = member is not None and command.seq < member.history_from_seq
    if message is None or (is_hidden and not is_admin):
        raise NotFound("There is no such message.", field="seq")
    policy.may_trace(account_id, message.sender_id, is_admin=is_admin)
    people, told = None, {}
    if is_admin or conversation.member_count <= SMALL_CONVERSATION:
        after = cursors.read(command.cursor, cursors.OLDEST)
        people = traces.reached(conversation.id, message, after, command.limit + 1)
    ids = [one.listener.account_id for one in people or ()]
    counts = traces.counts(conversation.id, message)
    if is_admin:
        told = traces.told(conversation.id, message.seq, ids)
    else:
        (total, received, read), hidden = counts, traces.hidden(conversation.id, message)
        counts = (total, received - hidden[1], read - hidden[2])
    return _Found(
        conversation=conversation,
        message=message,
        is_admin=is_admin,
        marks=is_admin or not asking.hides_receipts,
        counts=counts,
        people=people,
        accounts={person.id: person for person in accounts.get_many(ids)},
        told=told,
        is_considered=traces.is_considered(follower, message),
        rules=notification_rules.of(ids) if is_admin else {},
    )


def _place(one: Reached) -> tuple[int, int]:
    return one.joined_at, one.listener.account_id


def _notified(found: _Found, one: Reached) -> chat.TraceNotified:
    """What somebody's inbox says of the message, or why it says nothing."""
    listener, message = one.listener, found.message
    is_direct = found.conversation.kind == "direct"
    type = called_by(listener.account_id, message.mentions, message.answered_id, is_direct=is_direct)
    # What was deleted no longer says whom it called.
    types = _TYPES if message.deleted_at is not None else (type,)
    for told_type in types:
        if told_type and (told := found.told.get((listener.account_id, told_type))):
            return chat.TraceNotified(state=_state(told), type=told_type)
    return chat.TraceNotified(state="none", reason=_why_not(found, one, type))


def _state(told: Told) -> Literal["unread", "seen", "read", "archived"]:
    if told.archived_at is not None:
        return "archived"
    if told.read_at is not None:
        return "read"
    return "seen" if told.seen_at is not None else "unread"


def _why_not(found: _Found, one: Reached, type: Called | None) -> chat.NotNotified:
    if found.message.deleted_at is not None:
        return "deleted"
    if type is None:
        return "not_called"
    if not found.is_considered:
        return "waiting"
    # Choices are known as they are now: one that was made since may be taken for the reason.
    declined = one.listener.declines(type, found.message.sent_at)
    is_off = not found.rules.get(one.listener.account_id, EVERYTHING).wants(type)
    return declined or ("turned_off" if is_off else "had_read" if one.read else "unknown")
