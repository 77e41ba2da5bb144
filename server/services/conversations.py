"""Direct conversations and groups: opened, created, changed, listed, and one's own choices for them."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from server.clock import Now
from server.protocol import chat
from server.services import cursors, names, policy
from server.settings import DirectMessages
from server.storage import accounts, conversations, joining, membership, people, replay, views
from server.storage.conversations import Changes, NewGroup
from server.storage.database import Database

READY_CONVERSATIONS = 200


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands at one moment: who they are, what they belong to, and the first page of it."""

    account: chat.OwnAccount
    account_version: int
    conversation_ids: set[int]
    page: chat.ConversationsPage


class Conversations:
    """The rules of conversations themselves; who belongs is `Members`. ``direct_messages``: who may write to whom."""

    def __init__(self, db: Database, now: Now, direct_messages: DirectMessages = "everyone") -> None:
        self._db = db
        self._now = now
        self._may_reach = policy.may_reach(direct_messages)

    async def open_direct(self, account_id: int, command: chat.OpenDirect) -> chat.Conversation:
        """The conversation with somebody; the same one every time."""
        return await self._db.write(
            conversations.open_direct, account_id, command.account_id, self._now(), self._may_reach
        )

    async def create_group(self, account_id: int, command: chat.CreateGroup) -> chat.Conversation:
        """A new group; a repeat under the same ``client_id`` gets the first one."""
        new = NewGroup(
            client_id=command.client_id,
            title=names.clean(command.title, "title"),
            account_ids=command.account_ids,
            is_open=command.open,
            about=Changes(
                description=command.description.strip() if command.description else None,
                picture_file_id=command.picture_file_id,
            ),
        )
        return await self._db.write(conversations.create_group, account_id, new, self._now())

    async def change(self, account_id: int, command: chat.ChangeConversation) -> chat.Conversation:
        """Changes what a group is called, its picture or its rules."""
        changes = Changes(
            title=names.clean(command.title, "title") if command.title is not None else None,
            description=command.description.strip() if command.description is not None else None,
            picture_file_id=command.picture_file_id,
            rules={name: value for name, value in msgspec.structs.asdict(command.rules).items() if value}
            if command.rules
            else {},
        )
        return await self._db.write(
            conversations.change, account_id, command.conversation_id, changes, self._now(), policy.may_change
        )

    async def dissolve(self, account_id: int, command: chat.InConversation) -> chat.Nothing:
        """Ends a group; its members can still read it."""
        await self._db.write(
            conversations.dissolve, account_id, command.conversation_id, self._now(), policy.may_dissolve
        )
        return chat.Nothing()

    async def find_open(self, account_id: int, command: chat.FindOpenConversations) -> chat.OpenConversationsPage:
        """What anybody on this server may join, most recently active first."""
        place = cursors.read(command.cursor, cursors.NEWEST)
        found = await self._db.read(joining.find_open, account_id, command.query, place, command.limit + 1)
        shown, cursor = cursors.page(found, command.limit, lambda one: (one.last_active_at, one.id))
        return chat.OpenConversationsPage(conversations=shown, cursor=cursor)

    async def get(self, account_id: int, command: chat.InConversation) -> chat.Conversation:
        """One conversation as the asking member sees it."""
        return await self._db.read(views.view, account_id, command.conversation_id)

    async def list(self, account_id: int, command: chat.ListConversations) -> chat.ConversationsPage:
        """One's conversations, most recently active first."""
        place = cursors.read(command.cursor, cursors.NEWEST)
        return _page_of(await self._db.read(views.page, account_id, place, command.limit + 1), command.limit)

    async def start(self, account_id: int) -> tuple[int, set[int]]:
        """How far the log has come, and the conversations somebody belongs to."""
        return await self._db.read(replay.start, account_id)

    async def standing(self, account_id: int) -> Standing:
        """What ``ready`` tells, in one view of the database."""
        return await self._db.read(_standing, account_id, self._now())

    async def set_preferences(self, account_id: int, command: chat.SetPreferences) -> chat.Preferences:
        """One's own choices; what is left out stays."""
        chosen = {
            "notify": command.notify,
            "pinned": command.pinned,
            "archived": command.archived,
            "muted_until": command.muted_until,
        }
        choices: dict[str, object] = {name: value for name, value in chosen.items() if value is not None}
        if choices.get("muted_until") == 0:
            choices["muted_until"] = None
        return await self._db.write(conversations.set_preferences, account_id, command.conversation_id, choices)


def _standing(account_id: int, now: int) -> Standing:
    account = accounts.get(account_id)
    return Standing(
        account=people.own(account, now),
        account_version=account.account_version,
        conversation_ids=set(membership.ids_of(account_id)),
        page=_page_of(views.page(account_id, cursors.NEWEST, READY_CONVERSATIONS + 1), READY_CONVERSATIONS),
    )


def _page_of(found: list[chat.Conversation], limit: int) -> chat.ConversationsPage:
    shown, cursor = cursors.page(found, limit, lambda one: (one.last_active_at, one.id))
    return chat.ConversationsPage(conversations=shown, cursor=cursor)
