"""The rules of groups at hand, with shorthands for asking them."""

from __future__ import annotations

from typing import Any

from server import records
from server.protocol import chat
from server.services.conversations import Conversations
from server.services.invites import Invites
from server.services.members import Members
from server.services.messages import Messages
from server.storage import views
from server.storage.database import Database
from tests.fakes import RecordingPublisher, SteppedClock


class Yard:
    """The rules, and shorthands for asking them."""

    def __init__(self, db: Database, clock: SteppedClock) -> None:
        async def forget_files(keys: list[str]) -> None:
            assert not keys

        self.db = db
        self.conversations = Conversations(db, clock)
        self.members = Members(db, clock)
        self.invites = Invites(db, clock)
        self.messages = Messages(db, clock, lambda account_id: None, forget_files)
        self._said = 0

    async def group(self, owner: int, *others: int, **more: Any) -> int:
        command = chat.CreateGroup(
            **{"client_id": f"group-{owner}-{len(others)}-{len(more)}", "title": "Roof", "account_ids": list(others)}
            | more
        )
        return (await self.conversations.create_group(owner, command)).id

    async def say(self, who: int, where: int, text: str) -> int:
        self._said += 1
        send = chat.SendMessage(conversation_id=where, client_id=f"said-{self._said:06}", text=text)
        return (await self.messages.send(who, send)).seq

    async def texts(self, who: int, where: int) -> list[str]:
        page = await self.messages.fetch_messages(who, chat.FetchMessages(conversation_id=where))
        return [message.text for message in page.messages]

    async def link(self, who: int, where: int, **more: Any) -> str:
        return (await self.invites.create(who, chat.CreateInvite(conversation_id=where, **more))).code

    async def join(self, who: int, code: str) -> int:
        return (await self.invites.join(who, chat.JoinByInvite(code=code))).id

    async def rule(self, who: int, where: int, **rules: Any) -> chat.Conversation:
        command = chat.ChangeConversation(conversation_id=where, rules=chat.ChangeRules(**rules))
        return await self.conversations.change(who, command)

    async def role(self, who: int, where: int, other: int, role: Any) -> None:
        await self.members.set_role(who, chat.SetRole(conversation_id=where, account_id=other, role=role))

    async def roles(self, who: int, where: int) -> dict[int, str]:
        page = await self.members.list(who, chat.ListMembers(conversation_id=where))
        return {member.account.id: member.role for member in page.members}

    async def view(self, who: int, where: int) -> chat.Conversation:
        return await self.db.read(views.view, who, where)


def lines(published: RecordingPublisher, where: int) -> list[tuple[str, int, str]]:
    """The log of a conversation as it was announced: kind, actor, data."""
    of = [entry for entry in published.of(records.Entry) if entry.conversation_id == where]
    return [(entry.kind, entry.actor_id, entry.data.decode()) for entry in of]
