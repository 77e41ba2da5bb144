"""The events of the chat namespace that are not entries."""

from __future__ import annotations

from typing import Literal

from server.protocol.base import Body
from server.protocol.chat.things import Account, Contact, Conversation, OwnAccount, Preferences


class ServerInfo(Body):
    """What this server is, and the limits it keeps.

    ``direct_messages``: whether people write to everyone here, or to their contacts only.
    """

    name: str
    version: str
    protocol: list[int]
    epoch: str
    limits: dict[str, int]
    direct_messages: Literal["everyone", "contacts"] = "everyone"


class Ready(Body):
    """The first event: who one is, and the 200 most recently active conversations."""

    account: OwnAccount
    account_version: int
    server: ServerInfo
    recovered: bool
    conversations: list[Conversation]
    more: bool


class Heads(Body):
    """The newest ``seq`` of conversations that changed: whoever has less is behind and fetches."""

    epoch: str
    account_version: int
    heads: dict[int, int]


class Receipt(Body):
    """Somebody has read up to ``read_seq``, or received up to ``received_seq``; one's own read mark comes with
    ``account_version``.
    """

    conversation_id: int
    account_id: int
    read_seq: int | None = None
    received_seq: int | None = None
    account_version: int | None = None


class Typing(Body):
    """Somebody writes; forget it at ``until`` (0: they have stopped)."""

    conversation_id: int
    account_id: int
    until: int


class ConversationAdded(Body):
    """One belongs to a conversation now."""

    account_version: int
    conversation: Conversation


class ConversationRemoved(Body):
    """One belongs to a conversation no longer."""

    account_version: int
    conversation_id: int


class PreferencesChanged(Body):
    """One's own choices for a conversation, made on another device perhaps."""

    account_version: int
    conversation_id: int
    preferences: Preferences


class AccountChanged(Body):
    """One's own account is different now: how it looks, or what one shows and hides."""

    account_version: int
    account: OwnAccount


class PersonChanged(Body):
    """Somebody in one of one's conversations, or whose presence one watches, has another name or picture."""

    account: Account


class ContactChanged(Body):
    """Somebody is something else to oneself now: a contact, one who asks, blocked, or nothing."""

    account_version: int
    contact: Contact


class RulesChanged(Body):
    """What one wants to be told of was changed, on another device perhaps: `get_rules` of /notifications tells it."""

    account_version: int


class ReceiptsChanged(Body):
    """Somebody shows from now on, or no longer, how far they have read: without, forget what was told of them; with,
    list the members again.
    """

    account_id: int
    shown: bool


class Draining(Body):
    """This worker stops; reconnect after about that long."""

    retry_after_ms: int
