"""The chat namespace: one line per command, and what a connection hears first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from server.protocol import chat
from server.protocol.base import Command
from server.realtime.online import Connection, Online, Privacy
from server.realtime.rooms import CHAT, conversation_room
from server.realtime.watchers import Watchers
from server.services.contacts import Contacts
from server.services.conversations import Conversations
from server.services.invites import Invites
from server.services.members import Members
from server.services.messages import Messages
from server.services.people import People
from server.services.presence import Presence
from server.services.receipts import Receipts
from server.services.reports import Reports
from server.services.search import Search
from server.services.traces import Traces
from server.services.typing import Typing
from server.transport.namespace import Recovered
from server.transport.sockets import SocketServer

Say = Callable[[str, msgspec.Struct, int, int], None]


@dataclass(frozen=True, slots=True)
class ChatServices:
    """The rules that the namespace asks."""

    messages: Messages
    conversations: Conversations
    members: Members
    contacts: Contacts
    invites: Invites
    receipts: Receipts
    reports: Reports
    traces: Traces
    people: People
    search: Search
    presence: Presence
    typing: Typing


def commands(
    services: ChatServices,
) -> dict[str, tuple[type[Command], Callable[[int, Any], Awaitable[Any]]]]:
    """The commands that concern an account."""
    messages, conversations, members = services.messages, services.conversations, services.members
    contacts = services.contacts
    invites = services.invites
    return {
        "send_message": (chat.SendMessage, messages.send),
        "edit_message": (chat.EditMessage, messages.edit),
        "delete_message": (chat.DeleteMessage, messages.delete),
        "add_reaction": (chat.ReactToMessage, messages.react),
        "remove_reaction": (chat.ReactToMessage, messages.unreact),
        "pin_message": (chat.PinMessage, messages.pin),
        "unpin_message": (chat.PinMessage, messages.unpin),
        "list_pins": (chat.ListPins, messages.list_pins),
        "forward_message": (chat.ForwardMessage, messages.forward),
        "remove_previews": (chat.RemovePreviews, messages.remove_previews),
        "report_message": (chat.ReportMessage, services.reports.report),
        "fetch_entries": (chat.FetchEntries, messages.fetch_entries),
        "fetch_messages": (chat.FetchMessages, messages.fetch_messages),
        "mark_read": (chat.MarkRead, services.receipts.mark_read),
        "mark_received": (chat.MarkReceived, services.receipts.mark_received),
        "trace_message": (chat.TraceMessage, services.traces.trace),
        "open_direct": (chat.OpenDirect, conversations.open_direct),
        "create_group": (chat.CreateGroup, conversations.create_group),
        "change_conversation": (chat.ChangeConversation, conversations.change),
        "get_conversation": (chat.InConversation, conversations.get),
        "list_conversations": (chat.ListConversations, conversations.list),
        "set_preferences": (chat.SetPreferences, conversations.set_preferences),
        "dissolve_conversation": (chat.InConversation, conversations.dissolve),
        "find_open_conversations": (chat.FindOpenConversations, conversations.find_open),
        "join_open_conversation": (chat.InConversation, invites.join_open),
        "create_invite": (chat.CreateInvite, invites.create),
        "list_invites": (chat.InConversation, invites.list),
        "revoke_invite": (chat.RevokeInvite, invites.revoke),
        "join_by_invite": (chat.JoinByInvite, invites.join),
        "hand_over": (chat.HandOver, members.hand_over),
        "leave_conversation": (chat.InConversation, members.leave),
        "add_members": (chat.AddMembers, members.add),
        "remove_member": (chat.RemoveMember, members.remove),
        "set_role": (chat.SetRole, members.set_role),
        "list_members": (chat.ListMembers, members.list),
        "set_status": (chat.SetStatus, services.presence.set_status),
        "find_people": (chat.FindPeople, services.people.find),
        "search_messages": (chat.SearchMessages, services.search.messages),
        "get_accounts": (chat.GetAccounts, services.people.get),
        "list_contacts": (chat.ListContacts, contacts.list),
        "request_contact": (chat.RequestContact, contacts.request),
        "answer_contact": (chat.AnswerContact, contacts.answer),
        "remove_contact": (chat.WithPerson, contacts.remove),
        "block": (chat.WithPerson, contacts.block),
        "unblock": (chat.WithPerson, contacts.unblock),
        "fetch_account_changes": (chat.FetchAccountChanges, services.people.changes),
    }


class ConnectionCommands:
    """The commands that concern one connection: typing, presence, attention.

    ``say(event, body, conversation_id, account_id)`` tells everybody in a conversation but that person.
    """

    def __init__(
        self, sockets: SocketServer, online: Online, services: ChatServices, watchers: Watchers, say: Say
    ) -> None:
        self._sockets = sockets
        self._online = online
        self._services = services
        self._watchers = watchers
        self._say = say

    def table(self) -> dict[str, tuple[type[Command], Callable[[Connection, Any], Awaitable[Any]]]]:
        """One line per command."""
        return {
            "start_typing": (chat.InConversation, self.start_typing),
            "stop_typing": (chat.InConversation, self.stop_typing),
            "set_active": (chat.SetActive, self.set_active),
            "watch_presence": (chat.WatchPresence, self.watch_presence),
        }

    async def start_typing(self, connection: Connection, command: chat.InConversation) -> chat.Nothing:
        """Tells the others of a conversation that somebody writes."""
        typing = await self._services.typing.start(connection.account_id, command.conversation_id)
        return self._tell_typing(typing)

    async def stop_typing(self, connection: Connection, command: chat.InConversation) -> chat.Nothing:
        """Tells them that it is over."""
        typing = await self._services.typing.stop(connection.account_id, command.conversation_id)
        return self._tell_typing(typing)

    async def set_active(self, connection: Connection, command: chat.SetActive) -> chat.Nothing:
        """Whether this device has the person's attention."""
        self._online.set_active(connection, command.active)
        return chat.Nothing()

    async def watch_presence(self, connection: Connection, command: chat.WatchPresence) -> chat.Presences:
        """Hears of these people from now on, and of nobody else."""
        connection.wanted = frozenset(command.account_ids)
        return chat.Presences(presence=await self._watch(connection))

    async def look_again(self, account_id: int, other_id: int) -> None:
        """Somebody may see another one now, or no longer: tells those of their devices here that have asked."""
        for connection in self._online.of_account(account_id, CHAT):
            if other_id in connection.wanted:
                seen = {presence.account_id: presence for presence in await self._watch(connection)}
                # Nobody is told why they see somebody no longer.
                told = seen.get(other_id) or chat.Presence(account_id=other_id, state="offline")
                await self._sockets.emit_here("presence", told, room=connection.sid, namespace=CHAT)

    async def _watch(self, connection: Connection) -> list[chat.Presence]:
        """Puts a connection into the rooms of those it wants and may see; their presence now."""
        # One after the other: what was read before another look began is older than what that one reads.
        async with connection.looking:
            seen = await self._services.presence.seen_by(connection.account_id, connection.wanted)
            return await self._watchers.watch(connection, seen)

    def _tell_typing(self, typing: chat.Typing | None) -> chat.Nothing:
        if typing is not None:
            self._say("typing", typing, typing.conversation_id, typing.account_id)
        return chat.Nothing()


class Welcome:
    """What a chat connection hears first. ``server()`` describes this server."""

    def __init__(
        self,
        sockets: SocketServer,
        online: Online,
        conversations: Conversations,
        server: Callable[[], chat.ServerInfo],
    ) -> None:
        self._sockets = sockets
        self._online = online
        self._conversations = conversations
        self._server = server

    async def __call__(self, connection: Connection, recovered: Recovered) -> None:
        """Joins the rooms, then reads what was missed, then the heads: what comes in between is heard twice rather
        than never.
        """
        connection.start, inside = await self._conversations.start(connection.account_id)
        for conversation_id in inside:
            await self._sockets.enter_room(connection.sid, conversation_room(conversation_id), CHAT)
        is_recovered = await recovered()
        now = await self._conversations.standing(connection.account_id)
        while gone := inside - now.conversation_ids:
            # A removal that was published between the read and the joins found no room to leave.
            for conversation_id in gone:
                await self._sockets.leave_room(connection.sid, conversation_room(conversation_id), CHAT)
            inside -= gone
            if is_recovered:  # the entry that says so may be newer than what was read as missed
                is_recovered = await recovered()
                now = await self._conversations.standing(connection.account_id)
        account = now.account
        privacy = Privacy(now.account_version, account.hides_last_seen, account.hides_receipts)
        self._online.set_privacy(connection, privacy)
        ready = chat.Ready(
            account=account,
            account_version=now.account_version,
            server=self._server(),
            recovered=is_recovered,
            conversations=now.page.conversations,
            more=now.page.cursor is not None,
        )
        self._sockets.greet(connection.sid, "ready", ready, CHAT)
