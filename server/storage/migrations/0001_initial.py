"""The first tables, frozen: later changes of the models must not alter history."""

from typing import Any

from peewee import (
    SQL,
    BigAutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CompositeKey,
    IntegerField,
    TextField,
)


def up(migrator: Any, db: Any) -> None:
    class Table(db.Model):  # type: ignore[misc]
        class Meta:
            legacy_table_names = False

    class ServerValue(Table):
        name = TextField(primary_key=True)
        value = TextField()

        class Meta:
            table_name = "server_value"

    class Account(Table):
        id = BigAutoField()
        username = TextField()
        username_key = TextField(unique=True)
        display_name = TextField()
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

    class AccountChange(Table):
        account_id = BigIntegerField()
        version = BigIntegerField()
        event = TextField()
        data = TextField()

        class Meta:
            table_name = "account_change"
            primary_key = CompositeKey("account_id", "version")

    class Session(Table):
        id = BigAutoField()
        account_id = BigIntegerField(index=True)
        token_hash = BlobField(unique=True)
        device_name = TextField()
        created_at = BigIntegerField()
        last_used_at = BigIntegerField()
        expires_at = BigIntegerField()

    class Invitation(Table):
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

        class Meta:
            indexes = ((("created_by", "client_id"), True),)

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

        class Meta:
            primary_key = CompositeKey("conversation_id", "account_id")
            indexes = ((("account_id", "conversation_id"), True),)

    class Entry(Table):
        position = BigIntegerField(primary_key=True)
        conversation_id = BigIntegerField()
        seq = BigIntegerField()
        kind = TextField()
        actor_id = BigIntegerField()
        at = BigIntegerField()
        target_seq = BigIntegerField(null=True)
        data = TextField()
        salt = BlobField(null=True)
        body_hash = BlobField()

        class Meta:
            indexes = ((("conversation_id", "seq"), True),)

    Entry.add_index(
        Entry.index(Entry.conversation_id, Entry.target_seq, name="entry_target", where=Entry.target_seq.is_null(False))
    )

    class Message(Table):
        conversation_id = BigIntegerField()
        seq = BigIntegerField()
        sender_id = BigIntegerField()
        client_id = TextField()
        content_hash = BlobField(null=True)
        sent_at = BigIntegerField()
        text = TextField()
        reply_to_seq = BigIntegerField(null=True)
        edited_at = BigIntegerField(null=True)
        deleted_at = BigIntegerField(null=True)
        changed_seq = BigIntegerField()
        file_count = IntegerField(default=0)

        class Meta:
            primary_key = CompositeKey("conversation_id", "seq")
            indexes = ((("sender_id", "client_id"), True),)

    Message.add_index(
        Message.index(Message.conversation_id, Message.seq, name="message_readable", where=Message.deleted_at.is_null())
    )
    Message.add_index(
        Message.index(
            Message.conversation_id,
            Message.reply_to_seq,
            name="message_reply",
            where=Message.reply_to_seq.is_null(False),
        )
    )

    class Mention(Table):
        conversation_id = BigIntegerField()
        seq = BigIntegerField()
        account_id = BigIntegerField()

        class Meta:
            primary_key = CompositeKey("conversation_id", "seq", "account_id")

    class Reaction(Table):
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
        account_id = BigIntegerField()
        key = TextField(unique=True)
        name = TextField()
        media_type = TextField()
        size_bytes = BigIntegerField()
        created_at = BigIntegerField()
        width = IntegerField(null=True)
        height = IntegerField(null=True)
        colour = TextField(null=True)
        has_thumbnail = BooleanField(default=False)
        conversation_id = BigIntegerField(null=True)
        message_seq = BigIntegerField(null=True)
        place = IntegerField(default=0)

        class Meta:
            indexes = ((("conversation_id", "message_seq"), False),)

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

    class Follower(Table):
        name = TextField(primary_key=True)
        position = BigIntegerField()

    db.create_tables(
        (
            ServerValue,
            Account,
            AccountChange,
            Session,
            Invitation,
            Conversation,
            Membership,
            Entry,
            Message,
            Mention,
            Reaction,
            File,
            Notification,
            Follower,
        )
    )
