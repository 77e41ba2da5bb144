"""The chat namespace: the tables of its commands and events. The types they name are in the files beside this one."""

from __future__ import annotations

from server.protocol.base import Body, Command

# ruff: noqa: F403, F405 - one subject in four files; everybody else says `chat.SendMessage`
from server.protocol.chat.commands import *
from server.protocol.chat.events import *
from server.protocol.chat.replies import *
from server.protocol.chat.things import *

COMMANDS: dict[str, tuple[type[Command], type[Body]]] = {
    "send_message": (SendMessage, MessageSent),
    "edit_message": (EditMessage, EntryAppended),
    "delete_message": (DeleteMessage, EntryAppended),
    "add_reaction": (ReactToMessage, EntryAppended),
    "remove_reaction": (ReactToMessage, EntryAppended),
    "pin_message": (PinMessage, EntryAppended),
    "unpin_message": (PinMessage, EntryAppended),
    "list_pins": (ListPins, PinsPage),
    "forward_message": (ForwardMessage, MessageSent),
    "remove_previews": (RemovePreviews, EntryAppended),
    "report_message": (ReportMessage, Nothing),
    "fetch_entries": (FetchEntries, EntriesPage),
    "fetch_messages": (FetchMessages, MessagesPage),
    "mark_read": (MarkRead, ReadState),
    "mark_received": (MarkReceived, ReadState),
    "trace_message": (TraceMessage, Trace),
    "start_typing": (InConversation, Nothing),
    "stop_typing": (InConversation, Nothing),
    "open_direct": (OpenDirect, Conversation),
    "create_group": (CreateGroup, Conversation),
    "change_conversation": (ChangeConversation, Conversation),
    "leave_conversation": (InConversation, Nothing),
    "dissolve_conversation": (InConversation, Nothing),
    "hand_over": (HandOver, Conversation),
    "create_invite": (CreateInvite, InviteCreated),
    "list_invites": (InConversation, Invites),
    "revoke_invite": (RevokeInvite, Nothing),
    "join_by_invite": (JoinByInvite, Conversation),
    "find_open_conversations": (FindOpenConversations, OpenConversationsPage),
    "join_open_conversation": (InConversation, Conversation),
    "add_members": (AddMembers, Conversation),
    "remove_member": (RemoveMember, Nothing),
    "set_role": (SetRole, Nothing),
    "list_conversations": (ListConversations, ConversationsPage),
    "get_conversation": (InConversation, Conversation),
    "list_members": (ListMembers, MembersPage),
    "set_preferences": (SetPreferences, Preferences),
    "find_people": (FindPeople, Accounts),
    "get_accounts": (GetAccounts, Accounts),
    "search_messages": (SearchMessages, SearchPage),
    "list_contacts": (ListContacts, ContactsPage),
    "request_contact": (RequestContact, Contact),
    "answer_contact": (AnswerContact, Contact),
    "remove_contact": (WithPerson, Contact),
    "block": (WithPerson, Contact),
    "unblock": (WithPerson, Contact),
    "set_active": (SetActive, Nothing),
    "watch_presence": (WatchPresence, Presences),
    "set_status": (SetStatus, OwnAccount),
    "fetch_account_changes": (FetchAccountChanges, AccountChanges),
}
"""Every command of the namespace: what it takes, and what its reply carries in ``data``."""

EVENTS: dict[str, tuple[type, ...]] = {
    "ready": (Ready,),
    "heads": (Heads,),
    "receipt": (Receipt,),
    "typing": (Typing,),
    "presence": (Presence,),
    "conversation_added": (ConversationAdded,),
    "conversation_removed": (ConversationRemoved,),
    "preferences_changed": (PreferencesChanged,),
    "contact_changed": (ContactChanged,),
    "account_changed": (AccountChanged,),
    "rules_changed": (RulesChanged,),
    "person_changed": (PersonChanged,),
    "receipts_changed": (ReceiptsChanged,),
    "draining": (Draining,),
    **{kind: (Entry, str) for kind in ENTRY_DATA},
}
"""Every event of the namespace with its arguments; an entry comes with its offset."""
