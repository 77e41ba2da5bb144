"""Damage made by hand, one kind at a time, in the street of `street.py`; and what a check says of it.

``TIME`` stands for any time.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Damage:
    """Statements, and every sentence about them. What is ``derived`` follows from the log, and can be made anew."""

    name: str
    statements: tuple[str, ...]
    said: tuple[str, ...]
    is_derived: bool


def derived(name: str, *statements: str, said: tuple[str, ...]) -> Damage:
    """Damage to what follows from the log: a rebuild puts it right."""
    return Damage(name, statements, said, is_derived=True)


def truth(name: str, *statements: str, said: tuple[str, ...]) -> Damage:
    """Damage to what nothing else knows: a rebuild changes nothing."""
    return Damage(name, statements, said, is_derived=False)


DAMAGES = (
    # The log
    truth(
        "entry gone",
        "delete from entry where conversation_id = 2 and seq = 1",
        said=(
            "Conversation 2, seq 1: the entry is missing in the log.",
            "Conversation 2, seq 1: there is a message, but no entry that created it.",
        ),
    ),
    truth(
        "several entries gone",
        "delete from entry where conversation_id = 1 and seq in (10, 11, 12)",
        said=(
            "Conversation 1: the entries 10 to 12 are missing in the log.",
            "Conversation 1, seq 4: the 🎉 of account 3 stands since seq 12, but by the log is not known.",
            "Conversation 1, seq 4: the 👍 of account 3 stands since seq 11, but by the log is not known.",
        ),
    ),
    truth(
        "end of the log gone",
        "delete from entry where conversation_id = 1 and seq = 27",
        said=(
            "Conversation 1: its head is 27, but its log ends with 26, and others have heard of 27: the end of "
            "the log is lost.",
            "Conversation 1, seq 27: there is a message, but no entry that created it.",
            "Conversation 1: of account 2 the membership's received_seq is 27, but the newest entry 26.",
            "Conversation 1: of account 4 the membership's read_seq is 27, but the newest entry 26.",
            "Conversation 1: its last_message_seq is 27, but by the log 18.",
            "Conversation 1: its last_active_at is TIME, but by the log TIME.",
        ),
    ),
    truth(
        "positions swapped",
        "update entry set position = 900 where position = 39",
        "update entry set position = 39 where position = 40",
        "update entry set position = 40 where position = 900",
        said=("Conversation 4, seq 3: its position is 39, but the entry before it has 40.",),
    ),
    truth(
        "words changed in the log",
        "update entry set data = replace(data, 'Here', 'There') where conversation_id = 2",
        said=(
            "Conversation 2, seq 4: the entry is not what was written: its body hash differs.",
            "Conversation 2, seq 4: the message is not what the log says: content_hash differs, text differs.",
        ),
    ),
    truth(
        "hash changed",
        "update entry set body_hash = salt where conversation_id = 1 and seq = 10",
        said=("Conversation 1, seq 10: the entry is not what was written: its body hash differs.",),
    ),
    truth(
        "salt gone",
        "update entry set salt = null where conversation_id = 1 and seq = 4",
        said=(
            "Conversation 1, seq 4: the entry has lost its salt, though its message was not deleted: it can no "
            "longer be checked.",
        ),
    ),
    truth(
        "salt of a reaction gone",
        "update entry set salt = null where conversation_id = 1 and seq = 11",
        said=(
            "Conversation 1, seq 11: the entry has lost its salt, so nobody can tell whether it is what was written.",
        ),
    ),
    truth(
        "kind unknown",
        "update entry set kind = 'message_sung' where conversation_id = 1 and seq = 16",
        said=(
            "Conversation 1, seq 16: nobody knows entries of the kind message_sung.",
            "Conversation 1, seq 16: there is a message, but no entry that created it.",
        ),
    ),
    truth(
        "data unreadable",
        "update entry set data = '{\"text\": 5' where conversation_id = 1 and seq = 16",
        said=(
            "Conversation 1, seq 16: the entry is not what was written: its body hash differs.",
            "Conversation 1, seq 16: the entry cannot be read as message_created: Expected `str`, got `int` - at "
            "`$.text`.",
        ),
    ),
    truth(
        "target changed",
        "update entry set target_seq = 99 where conversation_id = 1 and seq = 10",
        said=(
            "Conversation 1, seq 10: its target is 99, but its data says 4.",
            "Conversation 1, seq 10: it changes seq 99, which is no message.",
        ),
    ),
    truth(
        "actor changed",
        "update entry set actor_id = 77 where conversation_id = 2 and seq = 1",
        said=(
            "Conversation 2, seq 1: its conversation, place, sender or time is not what its data says.",
            "Conversation 2, seq 1: account 77 wrote it without belonging to the conversation.",
            "Account 77 wrote 1 entries, the first in conversation 2, but there is no such account.",
        ),
    ),
    truth(
        "conversation gone",
        "delete from conversation where id = 3",
        said=(
            "Conversation 3: there are 6 entries in the log, but no conversation.",
            "Conversation 3, seq 3: there is a message, but no entry that created it.",
            "Conversation 3, seq 3: account 5 is called by what is no message.",
        ),
    ),
    truth(
        "account gone",
        "delete from account where id = 4",
        said=(
            "Account 4 wrote 6 entries, the first in conversation 1, but there is no such account.",
            "File 6 is of account 4, but there is no such account.",
            "Conversation 1: its member 4 has no account.",
            "Conversation 4: its member 4 has no account.",
            "Conversation 5: its member 4 has no account.",
            "Conversation 3: who made it, 4, has no account.",
            "Conversation 5: who made it, 4, has no account.",
            "Change 1 is of account 4, but there is no such account.",
            "Change 2 is of account 4, but there is no such account.",
            "Change 3 is of account 4, but there is no such account.",
            "Change 4 is of account 4, but there is no such account.",
            "Change 5 is of account 4, but there is no such account.",
            "Change 6 is of account 4, but there is no such account.",
            "Change 7 is of account 4, but there is no such account.",
            "Contact 1 of account 4: there is no account 4.",
            "Contact 5 of account 4: there is no account 4.",
            "Contact 4 of account 1: there is no account 4.",
            "Contact 4 of account 5: there is no account 4.",
            "Notification 5 is for account 4, but there is no such account.",
        ),
    ),
    # Deletions
    derived(
        "words left in a deleted entry",
        'update entry set data = replace(data, \'"text":""\', \'"text":"pot"\') where conversation_id = 1 and seq = 6',
        said=("Conversation 1, seq 6: its message was deleted by seq 15, but its words are still in the log.",),
    ),
    derived(
        "words left in a deleted edit",
        'update entry set data = replace(data, \'"text":""\', \'"text":"mat"\') where conversation_id = 1 and seq = 8',
        said=("Conversation 1, seq 8: its message was deleted by seq 15, but its words are still in the log.",),
    ),
    derived(
        "salt left",
        "update entry set salt = body_hash where conversation_id = 1 and seq = 8",
        said=("Conversation 1, seq 8: its message was deleted by seq 15, but its salt is still there.",),
    ),
    derived(
        "words left in a quote",
        'update entry set data = replace(data, \'"excerpt":""\', \'"excerpt":"pot"\') where conversation_id = 1 and '
        "seq = 7",
        said=(
            "Conversation 1, seq 7: it answers seq 6, which was deleted, and the quote's words are still in the log.",
        ),
    ),
    derived(
        "words left in a message",
        "update message set text = 'The key' where conversation_id = 1 and seq = 6",
        said=("Conversation 1, seq 6: deleted by seq 15, its words are still there.",),
    ),
    derived(
        "words left in an inbox",
        "update notification set body = 'The key' where conversation_id = 1 and message_seq = 6 and account_id = 2",
        said=("Conversation 1, seq 6: deleted, its words are still in the inbox of account 2.",),
    ),
    derived(
        "words left in what was told",
        "update account_change set data = replace(data, '\"preferences\"', "
        '\'"last_message":{"seq":6,"sender_id":1,"sent_at":5,"text":"The '
        'key","attachment_count":0,"deleted":false},"preferences"\') where account_id = 4 and event = '
        "'conversation_added' and data like '%\"id\":1,%'",
        said=("Conversation 1, seq 6: deleted, its words are still in what account 4 was told.",),
    ),
    derived(
        "file left",
        "insert into file (account_id, key, name, media_type, size_bytes, created_at, has_thumbnail, "
        "conversation_id, message_seq, place) values (1, 'ffffffffffffffffffffffffffffffff', 'plan.txt', "
        "'text/plain', 5, 0, false, 1, 6, 0)",
        said=("Conversation 1, seq 6: file 11 of the deleted message is still there.",),
    ),
    # Messages
    derived(
        "message gone",
        "delete from message where conversation_id = 1 and seq = 4",
        said=("Conversation 1, seq 4: the message is missing.",),
    ),
    derived(
        "message changed",
        "update message set text = 'Other words', sender_id = 3, edited_at = null where conversation_id = 1 and "
        "seq = 4",
        said=(
            "Conversation 1, seq 4: the message is not what the log says: sender_id is 3 and not 1, text differs,"
            " edited_at is nothing and not TIME.",
        ),
    ),
    derived(
        "deletion undone",
        "update message set deleted_at = null where conversation_id = 2 and seq = 2",
        said=("Conversation 2, seq 2: the message is not what the log says: deleted_at is nothing and not TIME.",),
    ),
    derived(
        "file count",
        "update message set file_count = 7 where conversation_id = 1 and seq = 17",
        said=("Conversation 1, seq 17: the message is not what the log says: file_count is 7 and not 2.",),
    ),
    derived(
        "pin gone",
        "update message set pinned_at = null where conversation_id = 6 and seq = 2",
        said=("Conversation 6, seq 2: the message is not what the log says: pinned_at is nothing and not TIME.",),
    ),
    derived(
        "pin taken down stands",
        "update message set pinned_at = 4 where conversation_id = 6 and seq = 1",
        said=("Conversation 6, seq 1: the message is not what the log says: pinned_at is 4 and not nothing.",),
    ),
    derived(
        "origin changed",
        "update message set forward_sender_id = 1, forward_sent_at = null where conversation_id = 6 and seq = 7",
        said=(
            "Conversation 6, seq 7: the message is not what the log says: forward_sender_id is 1 and not 3,"
            " forward_sent_at is nothing and not TIME.",
        ),
    ),
    derived(
        "card gone",
        "update message set previews = null where conversation_id = 6 and seq = 8",
        said=("Conversation 6, seq 8: the message is not what the log says: previews differs.",),
    ),
    derived(
        "card of a deleted message left in the log",
        'update entry set data = replace(data, \'"previews":[]\', \'"previews":[{"url":"u","title":"t"}]\') '
        "where conversation_id = 6 and seq = 11",
        said=("Conversation 6, seq 11: its message was deleted by seq 13, but its words are still in the log.",),
    ),
    derived(
        "content hash",
        "update message set content_hash = null where conversation_id = 1 and seq = 4",
        said=("Conversation 1, seq 4: the message is not what the log says: content_hash differs.",),
    ),
    truth(
        "message out of nothing",
        "insert into message (conversation_id, seq, sender_id, client_id, sent_at, text, changed_seq, file_count)"
        " values (2, 50, 1, 'out-of-nothing', 0, 'Hello', 50, 0)",
        said=("Conversation 2, seq 50: there is a message, but no entry that created it.",),
    ),
    # What hangs on them
    derived(
        "mention gone",
        "delete from mention where conversation_id = 1 and seq = 4",
        said=("Conversation 1, seq 4: it calls nobody, but by the log account 3.",),
    ),
    derived(
        "mention too many",
        "insert into mention (conversation_id, seq, account_id) values (1, 27, 2)",
        said=("Conversation 1, seq 27: it calls account 2, but by the log nobody.",),
    ),
    derived(
        "mention of nothing",
        "insert into mention (conversation_id, seq, account_id) values (1, 2, 2)",
        said=("Conversation 1, seq 2: account 2 is called by what is no message.",),
    ),
    derived(
        "reaction gone",
        "delete from reaction where conversation_id = 1 and target_seq = 4 and account_id = 3 and emoji = '👍'",
        said=("Conversation 1, seq 4: the 👍 of account 3 is not known, but by the log stands since seq 11.",),
    ),
    derived(
        "reaction stands again",
        "update reaction set active = true, seq = 9 where conversation_id = 1 and account_id = 2",
        said=(
            "Conversation 1, seq 4: the 👍 of account 2 stands since seq 9, but by the log was taken back since "
            "seq 13.",
        ),
    ),
    derived(
        "reaction out of nothing",
        "insert into reaction (conversation_id, target_seq, account_id, emoji, active, seq) values (1, 4, 4, '🍊',"
        " true, 5)",
        said=("Conversation 1, seq 4: the 🍊 of account 4 stands since seq 5, but by the log is not known.",),
    ),
    derived(
        "reaction to nothing",
        "insert into reaction (conversation_id, target_seq, account_id, emoji, active, seq) values (1, 1, 4, '🍊',"
        " true, 5)",
        said=("Conversation 1, seq 1: account 4 has reacted to what is no message.",),
    ),
    derived(
        "attachments in another order",
        "update file set place = 1 - place where conversation_id = 1 and message_seq = 17",
        said=(
            "Conversation 1, seq 17: file 4 is at place 1, but by the log at 0.",
            "Conversation 1, seq 17: file 1 is at place 0, but by the log at 1.",
        ),
    ),
    derived(
        "attachment at another message",
        "update file set message_seq = 16 where conversation_id = 1 and message_seq = 18",
        said=(
            "Conversation 1, seq 16: file 2 is attached to it, but not by the log.",
            "Conversation 1, seq 18: its file 2 is attached to conversation 1, seq 16.",
        ),
    ),
    derived(
        "attachment detached",
        "update file set conversation_id = null, message_seq = null where conversation_id = 1 and message_seq = 18",
        said=("Conversation 1, seq 18: its file 2 is attached to nothing.",),
    ),
    truth(
        "attachment gone",
        "delete from file where conversation_id = 1 and message_seq = 18",
        said=("Conversation 1, seq 18: its file 2 has no row any more.",),
    ),
    truth(
        "attachment described otherwise",
        "update file set name = 'fake.jpg' where conversation_id = 1 and message_seq = 18",
        said=("Conversation 1, seq 18: file 2 is not described as in the log.",),
    ),
    truth(
        "attachment too many",
        "update file set conversation_id = 1, message_seq = 16 where name = 'draft.txt'",
        said=("Conversation 1, seq 16: file 6 is attached to it, but not by the log.",),
    ),
)
