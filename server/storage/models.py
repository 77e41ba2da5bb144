"""Tables, indexes and constraints, the same on SQLite and PostgreSQL. Times are UTC milliseconds."""

from __future__ import annotations

from peewee import (
    SQL,
    BigAutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CompositeKey,
    DatabaseProxy,
    IntegerField,
    Model,
    TextField,
)

database = DatabaseProxy()
"""The open database; ``Database.open`` puts the real one behind it."""


class Table(Model):
    class Meta:
        database = database
        legacy_table_names = False


class ServerValue(Table):
    """Small facts about this deployment: ``epoch``, ``claim_hash``."""

    name = TextField(primary_key=True)
    value = TextField()

    class Meta:
        table_name = "server_value"


class Account(Table):
    id = BigAutoField()
    username = TextField()
    # The name folded by case and width: what has to be unique, so that nobody can pass for another.
    username_key = TextField(unique=True)
    display_name = TextField()
    # Folded words of both names with a space before each: what a search for people looks into.
    search_key = TextField(default="")
    role = TextField()
    password_hash = TextField(null=True)
    picture_file_id = BigIntegerField(null=True)
    account_version = BigIntegerField(default=0)
    notification_seq = BigIntegerField(default=0)
    seen_notification_seq = BigIntegerField(default=0)
    created_at = BigIntegerField()
    disabled_at = BigIntegerField(null=True)
    last_seen_at = BigIntegerField(null=True)
    # What the person shows until `status_until`, which may have passed.
    status_text = TextField(default="", constraints=[SQL("DEFAULT ''")])
    status_emoji = TextField(default="", constraints=[SQL("DEFAULT ''")])
    status_until = BigIntegerField(null=True)
    availability = TextField(default="auto", constraints=[SQL("DEFAULT 'auto'")])
    hides_last_seen = BooleanField(default=False, constraints=[SQL("DEFAULT false")])
    hides_receipts = BooleanField(default=False, constraints=[SQL("DEFAULT false")])


# Few hide them, and every count of who has read leaves these out.
Account.add_index(Account.index(Account.id, name="account_hides_receipts", where=SQL('"hides_receipts"')))


class AccountChange(Table):
    """The latest things that happened to an account, for devices that were away."""

    account_id = BigIntegerField()
    version = BigIntegerField()
    event = TextField()
    data = TextField()

    class Meta:
        table_name = "account_change"
        primary_key = CompositeKey("account_id", "version")


class Contact(Table):
    """What somebody is to an account, as that account sees it; what both agree on stands in a row of each."""

    account_id = BigIntegerField()
    other_id = BigIntegerField()
    # none, sent, received, contact
    state = TextField()
    note = TextField(null=True)
    since = BigIntegerField(null=True)
    blocked_at = BigIntegerField(null=True)

    class Meta:
        primary_key = CompositeKey("account_id", "other_id")


class Session(Table):
    id = BigAutoField()
    account_id = BigIntegerField(index=True)
    token_hash = BlobField(unique=True)
    device_name = TextField()
    created_at = BigIntegerField()
    last_used_at = BigIntegerField()
    expires_at = BigIntegerField()


class Invitation(Table):
    """A code that lets people create an account; only its hash is kept."""

    id = BigAutoField()
    code_hash = BlobField(unique=True)
    created_by = BigIntegerField(null=True)
    created_at = BigIntegerField()
    expires_at = BigIntegerField()
    uses_left = IntegerField()


class Conversation(Table):
    id = BigAutoField()
    kind = TextField()
    title = TextField(default="")
    description = TextField(null=True)
    # "3:7" for the direct conversation of accounts 3 and 7: there is one, whoever asks first.
    direct_key = TextField(unique=True, null=True)
    created_by = BigIntegerField()
    client_id = TextField(null=True)
    creation_hash = BlobField(null=True)
    head_seq = BigIntegerField(default=0)
    last_message_seq = BigIntegerField(default=0)
    member_count = IntegerField(default=0)
    rules = TextField()
    created_at = BigIntegerField()
    last_active_at = BigIntegerField()
    dissolved_at = BigIntegerField(null=True)
    picture_file_id = BigIntegerField(null=True)
    # Of two people, so that whoever writes need not look elsewhere: strangers, contacts, blocked, or disabled.
    direct_state = TextField(null=True)

    class Meta:
        indexes = ((("created_by", "client_id"), True),)


# Few conversations are open, and whoever looks for one looks at all of them.
Conversation.add_index(
    Conversation.index(
        Conversation.last_active_at,
        Conversation.id,
        name="conversation_open",
        where=SQL('"kind" = \'open\' AND "dissolved_at" IS NULL'),
    )
)


Conversation.add_index(
    Conversation.index(
        Conversation.picture_file_id, name="conversation_picture", where=Conversation.picture_file_id.is_null(False)
    )
)


class ConversationInvite(Table):
    """A link into a group; only the hash of its code is kept. Without ``uses_left`` it has no bound."""

    id = BigAutoField()
    conversation_id = BigIntegerField(index=True)
    code_hash = BlobField(unique=True)
    created_by = BigIntegerField()
    created_at = BigIntegerField()
    expires_at = BigIntegerField()
    used = IntegerField(default=0)
    uses_left = IntegerField(null=True)

    class Meta:
        table_name = "conversation_invite"


class Membership(Table):
    conversation_id = BigIntegerField()
    account_id = BigIntegerField()
    role = TextField()
    joined_at = BigIntegerField()
    history_from_seq = BigIntegerField(default=1)
    read_seq = BigIntegerField(default=0)
    notify = TextField(default="all")
    pinned = BooleanField(default=False)
    archived = BooleanField(default=False)
    muted_until = BigIntegerField(null=True)
    # How far a device has told that it has come; what was read was received, so it may be behind `read_seq`.
    received_seq = BigIntegerField(default=0, constraints=[SQL("DEFAULT 0")])

    class Meta:
        primary_key = CompositeKey("conversation_id", "account_id")
        indexes = ((("account_id", "conversation_id"), True),)


class Removal(Table):
    """Whoever was taken out of a group, by its entry ``seq``; until they are added again they do not come alone."""

    conversation_id = BigIntegerField()
    account_id = BigIntegerField()
    seq = BigIntegerField()

    class Meta:
        table_name = "conversation_removal"
        primary_key = CompositeKey("conversation_id", "account_id")


class Entry(Table):
    """The log. ``position`` counts in commit order over all conversations, ``seq`` without a gap in each."""

    position = BigIntegerField(primary_key=True)
    conversation_id = BigIntegerField()
    seq = BigIntegerField()
    kind = TextField()
    actor_id = BigIntegerField()
    at = BigIntegerField()
    target_seq = BigIntegerField(null=True)
    data = TextField()
    # A salted hash of what was said: it outlives a deletion, which erases text and salt.
    salt = BlobField(null=True)
    body_hash = BlobField()

    class Meta:
        indexes = ((("conversation_id", "seq"), True),)


Entry.add_index(
    Entry.index(Entry.conversation_id, Entry.target_seq, name="entry_target", where=Entry.target_seq.is_null(False))
)
# Few entries are of these kinds, and whoever was away looks for those of all conversations.
Entry.add_index(
    Entry.index(Entry.position, name="entry_moves", where=SQL("\"kind\" IN ('member_added', 'member_removed')"))
)


class Message(Table):
    """The current state of what was said, derived from the log."""

    conversation_id = BigIntegerField()
    seq = BigIntegerField()
    sender_id = BigIntegerField()
    client_id = TextField()
    # Tells a repeated send from another one under the same client_id; erased with the text.
    content_hash = BlobField(null=True)
    sent_at = BigIntegerField()
    text = TextField()
    reply_to_seq = BigIntegerField(null=True)
    edited_at = BigIntegerField(null=True)
    deleted_at = BigIntegerField(null=True)
    changed_seq = BigIntegerField()
    file_count = IntegerField(default=0)
    pinned_at = BigIntegerField(null=True)
    # Who first wrote what was forwarded, and when.
    forward_sender_id = BigIntegerField(null=True)
    forward_sent_at = BigIntegerField(null=True)
    # The cards under the text as JSON; null as long as nobody has looked at its links.
    previews = TextField(null=True)

    class Meta:
        primary_key = CompositeKey("conversation_id", "seq")
        # The label first: those that begin with the time are added at one end, whoever sends them.
        indexes = ((("client_id", "sender_id"), True),)


Message.add_index(
    Message.index(Message.conversation_id, Message.seq, name="message_deleted", where=Message.deleted_at.is_null(False))
)
Message.add_index(
    Message.index(
        Message.conversation_id, Message.reply_to_seq, name="message_reply", where=Message.reply_to_seq.is_null(False)
    )
)
Message.add_index(
    Message.index(
        Message.conversation_id, Message.pinned_at, name="message_pinned", where=Message.pinned_at.is_null(False)
    )
)


class Mention(Table):
    """Who is called by a message; account 0 stands for ``@all``."""

    conversation_id = BigIntegerField()
    seq = BigIntegerField()
    account_id = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("conversation_id", "seq", "account_id")


class Reaction(Table):
    """A person's emoji under a message; an inactive one remembers the entry that took it back."""

    conversation_id = BigIntegerField()
    target_seq = BigIntegerField()
    account_id = BigIntegerField()
    emoji = TextField()
    active = BooleanField()
    seq = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("conversation_id", "target_seq", "account_id", "emoji")


class File(Table):
    id = BigAutoField()
    account_id = BigIntegerField(index=True)
    # Where the bytes lie; a message that was forwarded has them in common with the first one.
    key = TextField(index=True)
    name = TextField()
    media_type = TextField()
    size_bytes = BigIntegerField()
    created_at = BigIntegerField()
    width = IntegerField(null=True)
    height = IntegerField(null=True)
    # A tiny picture as a `data:` address; rows of earlier versions have a mean colour, #rrggbb.
    blur = TextField(null=True)
    has_thumbnail = BooleanField(default=False)
    conversation_id = BigIntegerField(null=True)
    message_seq = BigIntegerField(null=True)
    # Its place among the message's files.
    place = IntegerField(default=0)
    duration_ms = BigIntegerField(null=True)

    class Meta:
        indexes = ((("conversation_id", "message_seq"), False),)


class Upload(Table):
    """A file that comes in several goes. Its bytes lie elsewhere, under ``key``; how many, they say themselves."""

    key = TextField(primary_key=True)
    account_id = BigIntegerField(index=True)
    size_bytes = BigIntegerField()
    # What its client said of it, as tus writes it.
    metadata = TextField()
    created_at = BigIntegerField()
    # What it has become; the row stays for a day, for clients that have not heard.
    file_id = BigIntegerField(null=True)


class Notification(Table):
    id = BigAutoField()
    account_id = BigIntegerField()
    seq = BigIntegerField()
    type = TextField()
    group = TextField(column_name="group_key")
    title = TextField()
    body = TextField()
    url = TextField()
    actor_id = BigIntegerField(null=True)
    conversation_id = BigIntegerField(null=True)
    message_seq = BigIntegerField(null=True)
    data = TextField(default="{}")
    created_at = BigIntegerField()
    count = IntegerField(default=1)
    seen_at = BigIntegerField(null=True)
    read_at = BigIntegerField(null=True)
    archived_at = BigIntegerField(null=True)

    class Meta:
        indexes = (
            (("account_id", "seq"), True),
            (("account_id", "created_at", "id"), False),
            (("conversation_id", "message_seq"), False),
        )


Notification.add_index(
    Notification.index(
        Notification.account_id,
        Notification.type,
        Notification.group,
        name="notification_unread",
        where=SQL("read_at is null and archived_at is null"),
    )
)


class NotificationRules(Table):
    """What an account wants to be told of, as JSON; no row: everything, at any time."""

    account_id = BigIntegerField(primary_key=True)
    rules = TextField()

    class Meta:
        table_name = "notification_rules"


class Follower(Table):
    """How far a follower has read the log."""

    name = TextField(primary_key=True)
    position = BigIntegerField()


ALL = (
    ServerValue, Account, AccountChange, Contact, Session, Invitation, Conversation, ConversationInvite, Membership,
    Removal, Entry, Message, Mention, Reaction, File, Upload, Notification, NotificationRules, Follower,
)  # fmt: skip
