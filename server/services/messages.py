"""Saying something, changing and deleting it, reacting to it, and reading back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from server.clock import Now
from server.errors import Invalid
from server.protocol import chat
from server.records import Conversation, Membership
from server.services import cursors, emoji, policy
from server.services.mentions import called_in
from server.settings import DirectMessages
from server.storage import appending, forwarding, history, messages, previews
from server.storage.database import Database


class Messages:
    """The rules of messages.

    ``check_rate(account_id)`` raises RateLimited; ``forget_files(keys)`` removes bytes that nobody may see any more;
    ``direct_messages``: who may write to whom.
    """

    def __init__(
        self,
        db: Database,
        now: Now,
        check_rate: Callable[[int], None],
        forget_files: Callable[[list[str]], Awaitable[None]],
        direct_messages: DirectMessages = "everyone",
    ) -> None:
        self._db = db
        self._now = now
        self._check_rate = check_rate
        self._forget_files = forget_files
        self._may_reach = policy.may_reach(direct_messages)

    async def send(self, sender_id: int, command: chat.SendMessage) -> chat.MessageSent:
        """Stores a message and says where it stands; publishing follows the commit, in its order."""
        self._check_rate(sender_id)
        if not command.text.strip() and not command.file_ids:
            raise Invalid("A message needs a text or a file.", field="text")
        if command.file_ids and len(set(command.file_ids)) < len(command.file_ids):
            raise Invalid("A file is named twice.", field="file_ids")
        draft = _draft(command.conversation_id, command.text, command)
        return await self._db.write(
            appending.append_message, sender_id, draft, self._now(), self._may_post, policy.may_mention_all
        )

    async def edit(self, account_id: int, command: chat.EditMessage) -> chat.EntryAppended:
        """Changes the text of a message of one's own."""
        self._check_rate(account_id)
        draft = _draft(command.conversation_id, command.text)
        seq = await self._db.write(
            messages.edit_message,
            account_id,
            command.conversation_id,
            command.seq,
            draft,
            self._now(),
            policy.may_mention_all,
            self._may_reach,
        )
        return chat.EntryAppended(seq=seq)

    async def delete(self, account_id: int, command: chat.DeleteMessage) -> chat.EntryAppended:
        """Deletes a message: its words and files are gone for everybody."""
        seq, keys = await self._db.write(
            messages.delete_message,
            account_id,
            command.conversation_id,
            command.seq,
            self._now(),
            policy.may_delete,
        )
        await self._forget_files(keys)
        return chat.EntryAppended(seq=seq)

    async def react(self, account_id: int, command: chat.ReactToMessage) -> chat.EntryAppended:
        """Adds a reaction."""
        return await self._set_reaction(account_id, command, True)

    async def unreact(self, account_id: int, command: chat.ReactToMessage) -> chat.EntryAppended:
        """Takes a reaction back."""
        return await self._set_reaction(account_id, command, False)

    async def pin(self, account_id: int, command: chat.PinMessage) -> chat.EntryAppended:
        """Puts a message on top of its conversation."""
        return await self._set_pinned(account_id, command, True)

    async def unpin(self, account_id: int, command: chat.PinMessage) -> chat.EntryAppended:
        """Takes it down again."""
        return await self._set_pinned(account_id, command, False)

    async def list_pins(self, account_id: int, command: chat.ListPins) -> chat.PinsPage:
        """A page of what is pinned, the last pinned first."""
        place = cursors.read(command.cursor, cursors.NEWEST)
        found, more = await self._db.read(history.pinned, account_id, command.conversation_id, place, command.limit)
        cursor = cursors.written(found[-1].pinned_at or 0, found[-1].seq) if more else None
        return chat.PinsPage(messages=found, cursor=cursor)

    async def forward(self, account_id: int, command: chat.ForwardMessage) -> chat.MessageSent:
        """Says what stands in one conversation again in another one, naming who wrote it first."""
        self._check_rate(account_id)
        return await self._db.write(
            forwarding.forward_message,
            account_id,
            command.conversation_id,
            command.seq,
            command.to_conversation_id,
            command.client_id,
            self._now(),
            self._may_post,
        )

    async def remove_previews(self, account_id: int, command: chat.RemovePreviews) -> chat.EntryAppended:
        """Takes the cards away from a message of one's own."""
        self._check_rate(account_id)
        seq, keys = await self._db.write(previews.remove, account_id, command.conversation_id, command.seq, self._now())
        await self._forget_files(keys)
        return chat.EntryAppended(seq=seq)

    async def _set_pinned(self, account_id: int, command: chat.PinMessage, pinned: bool) -> chat.EntryAppended:
        self._check_rate(account_id)
        seq = await self._db.write(
            messages.set_pinned,
            account_id,
            command.conversation_id,
            command.seq,
            pinned,
            self._now(),
            self._may_pin,
        )
        return chat.EntryAppended(seq=seq)

    async def _set_reaction(self, account_id: int, command: chat.ReactToMessage, active: bool) -> chat.EntryAppended:
        self._check_rate(account_id)
        emoji.check(command.emoji, "A reaction")
        seq = await self._db.write(
            messages.set_reaction,
            account_id,
            command.conversation_id,
            command.seq,
            command.emoji,
            active,
            self._now(),
            self._may_reach,
        )
        return chat.EntryAppended(seq=seq)

    def _may_pin(self, conversation: Conversation, member: Membership) -> None:
        self._may_reach(conversation.direct_state)
        policy.may_pin(conversation, member)

    def _may_post(self, conversation: Conversation, member: Membership) -> None:
        self._may_reach(conversation.direct_state)
        policy.may_post(conversation, member)

    async def fetch_entries(self, account_id: int, command: chat.FetchEntries) -> chat.EntriesPage:
        """What a conversation's log holds after a place."""
        return await self._db.read(
            history.entries, account_id, command.conversation_id, command.after_seq, command.limit
        )

    async def fetch_messages(self, account_id: int, command: chat.FetchMessages) -> chat.MessagesPage:
        """A page of messages before, after or around a place, else the newest."""
        places = {
            "before_seq": (history.before, command.before_seq),
            "after_seq": (history.after, command.after_seq),
            "around_seq": (history.around, command.around_seq),
        }
        named = [(read, seq) for read, seq in places.values() if seq is not None]
        if len(named) > 1:
            raise Invalid("Name one of before_seq, after_seq and around_seq.", field="before_seq")
        if not named:
            return await self._db.read(history.newest, account_id, command.conversation_id, command.limit)
        [(read, seq)] = named
        return await self._db.read(read, account_id, command.conversation_id, seq, command.limit)


def _draft(conversation_id: int, text: str, send: chat.SendMessage | None = None) -> appending.Draft:
    called = called_in(text)
    return appending.Draft(
        conversation_id=conversation_id,
        client_id=send.client_id if send else "",
        text=text,
        reply_to_seq=send.reply_to_seq if send else None,
        file_ids=tuple(send.file_ids) if send else (),
        names=called.names,
        everyone=called.everyone,
    )
