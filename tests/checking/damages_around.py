"""The same for members, conversations, and what no log decides."""

from __future__ import annotations

from tests.checking.damages import derived, truth

DAMAGES_AROUND = (
    # Members
    derived(
        "member gone",
        "delete from membership where conversation_id = 1 and account_id = 4",
        said=("Conversation 1: account 4 belongs to it by the log, but is no member.",),
    ),
    derived(
        "member too many",
        "insert into membership (conversation_id, account_id, role, joined_at, history_from_seq, read_seq, "
        "notify, pinned, archived) values (1, 5, 'member', 0, 1, 0, 'all', false, false)",
        said=("Conversation 1: account 5 is a member, but by the log does not belong to it.",),
    ),
    derived(
        "role",
        "update membership set role = 'owner' where conversation_id = 1 and account_id = 3",
        said=("Conversation 1: of account 3 the membership's role is owner, but by the log member.",),
    ),
    derived(
        "history opened",
        "update membership set history_from_seq = 1 where conversation_id = 4 and account_id = 5",
        said=("Conversation 4: of account 5 the membership's history_from_seq is 1, but by the log 4.",),
    ),
    derived(
        "joined at",
        "update membership set joined_at = 5 where conversation_id = 1 and account_id = 1",
        said=("Conversation 1: of account 1 the membership's joined_at is 5, but by the log TIME.",),
    ),
    truth(
        "joined at, of two people",
        "update membership set joined_at = 5 where conversation_id = 2 and account_id = 1",
        said=("Conversation 2: of account 1 the membership's joined_at is 5, but by the conversation TIME.",),
    ),
    derived(
        "read beyond the head",
        "update membership set read_seq = 99 where conversation_id = 4 and account_id = 5",
        said=("Conversation 4: of account 5 the membership's read_seq is 99, but the newest entry 5.",),
    ),
    derived(
        "received beyond the head",
        "update membership set received_seq = 99 where conversation_id = 4 and account_id = 5",
        said=("Conversation 4: of account 5 the membership's received_seq is 99, but the newest entry 5.",),
    ),
    derived(
        "read less than written",
        "update membership set read_seq = 1 where conversation_id = 1 and account_id = 4",
        said=("Conversation 1: of account 4 the membership's read_seq is 1, but they joined or wrote at 27.",),
    ),
    derived(
        "removal forgotten",
        "delete from conversation_removal where conversation_id = 7",
        said=("Conversation 7: account 2 is remembered as removed by seq nothing, but by the log 3.",),
    ),
    derived(
        "removed by another entry",
        "update conversation_removal set seq = 2 where conversation_id = 7",
        said=("Conversation 7: account 2 is remembered as removed by seq 2, but by the log 3.",),
    ),
    derived(
        "never removed",
        "insert into conversation_removal values (4, 1, 2)",
        said=("Conversation 4: account 1 is remembered as removed by seq 2, but by the log nothing.",),
    ),
    # Conversations
    derived(
        "head behind",
        "update conversation set head_seq = 20 where id = 1",
        said=("Conversation 1: its head is 20, but its log ends with 27.",),
    ),
    derived(
        "head ahead",
        "update conversation set head_seq = 30 where id = 1",
        said=("Conversation 1: its head is 30, but its log ends with 27.",),
    ),
    derived(
        "last message",
        "update conversation set last_message_seq = 18 where id = 1",
        said=("Conversation 1: its last_message_seq is 18, but by the log 27.",),
    ),
    derived(
        "member count",
        "update conversation set member_count = 5 where id = 1",
        said=("Conversation 1: its member_count is 5, but by the log 4.",),
    ),
    derived(
        "created at",
        "update conversation set created_at = 5 where id = 1",
        said=("Conversation 1: its created_at is 5, but by the log TIME.",),
    ),
    derived(
        "last activity",
        "update conversation set last_active_at = 5 where id = 1",
        said=("Conversation 1: its last_active_at is 5, but by the log TIME.",),
    ),
    derived(
        "dissolution undone",
        "update conversation set dissolved_at = null where id = 3",
        said=("Conversation 3: its dissolved_at is nothing, but by the log TIME.",),
    ),
    derived(
        "title and description",
        "update conversation set title = 'Cellar', description = null where id = 1",
        said=(
            "Conversation 1: its title is Cellar, but by the log Roof and tiles.",
            "Conversation 1: its description is nothing, but by the log Who brings what.",
        ),
    ),
    truth(
        "no key of two people",
        "update conversation set direct_key = null where id = 5",
        said=(
            "Conversation 5: account 1 is a member, but by the log does not belong to it.",
            "Conversation 5: account 4 is a member, but by the log does not belong to it.",
            "Conversation 5: its kind is direct, but its direct_key is nothing.",
            "Conversation 5: its member_count is 2, but by the log 0.",
        ),
    ),
    # Contacts
    derived(
        "block unknown to the conversation",
        "update conversation set direct_state = 'strangers' where id in (2, 5)",
        said=(
            "Conversation 2: its direct_state is strangers, but by contacts, blocks and accounts contacts.",
            "Conversation 5: its direct_state is strangers, but by contacts, blocks and accounts blocked.",
        ),
    ),
    derived(
        "disabled unknown to the conversation",
        "update account set disabled_at = 1 where id = 2",
        said=("Conversation 2: its direct_state is contacts, but by contacts, blocks and accounts disabled.",),
    ),
    truth(
        "contact of one alone",
        "delete from contact where account_id = 2 and other_id = 1",
        said=("To account 1 account 2 is contact, but the other way round none: the two do not say the same.",),
    ),
    truth(
        "contact of nobody",
        "insert into contact values (5, 77, 'none', null, null, 1)",
        said=("Contact 77 of account 5: there is no account 77.",),
    ),
    # The rest
    derived(
        "changes of an account",
        "update account set account_version = 1 where id = 1",
        said=("Account 1 is at version 1, but its devices were told of 7.",),
    ),
    truth(
        "picture gone",
        "delete from file where name = 'eun.png'",
        said=("Account 5 has file 5 as its picture, but there is no such file.",),
    ),
    derived(
        "inbox counter",
        "update account set notification_seq = 0, seen_notification_seq = 0 where id = 2",
        said=("Account 2: its inbox counts to 0, but has a change 6.",),
    ),
    derived(
        "inbox seen too far",
        "update account set seen_notification_seq = 50 where id = 2",
        said=("Account 2 has seen its inbox up to 50, but it counts to 6.",),
    ),
    truth(
        "notification of nothing",
        "update notification set message_seq = 99 where conversation_id = 4",
        said=(
            "Notification 5 of account 4 is about conversation 4, seq 99, but there is no such entry.",
            "Notification 6 of account 5 is about conversation 4, seq 99, but there is no such entry.",
            "Notification 7 of account 5 is about conversation 4, seq 99, but there is no such entry.",
        ),
    ),
    truth(
        "unfolded",
        "insert into notification (account_id, seq, type, group_key, title, body, url, data, created_at, count) "
        "select account_id, -1, type, group_key, title, body, url, data, created_at, count from notification "
        "where id = (select max(id) from notification where read_at is null)",
        said=("Account 5 has 2 unread notifications of contact_request for contact:4, which fold into one.",),
    ),
    derived(
        "follower ahead",
        "update follower set position = 5000 where name = 'notifier'",
        said=(
            "Follower notifier is at position 5000, but the log's newest is 58: it would pass over what comes next.",
        ),
    ),
)
