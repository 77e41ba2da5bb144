"""What follows from no single log: accounts, inboxes, followers, and the database's own counters."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from server.storage.checking.findings import Finding, Findings, Sink, Statement
from server.storage.checking.opened import is_sqlite
from server.storage.moving.tables import TABLES, Table
from server.storage.unit import fetch_all

MOST_FAULTS = 100
"""So many faults of a file SQLite is asked for."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that must not be found: a query for where it is, its sentence with the row's values, and the mend,
    which takes the values at ``by`` of the row.
    """

    part: str
    query: str
    sentence: str
    mend: str = ""
    by: tuple[int, ...] = ()


_NO_ACCOUNT = "not exists (select 1 from account where account.id = {column})"


def _unknown(part: str, table: str, column: str, whose: str, sentence: str) -> Rule:
    """Nobody may be named who is not there."""
    gone = _NO_ACCOUNT.format(column=f"{table}.{column}")
    query = f"select {whose}, {table}.{column} from {table} where {gone} order by 2, 1"
    return Rule(part, query, sentence)


RULES = (
    Rule(
        "log",
        "select actor_id, count(*), min(conversation_id) from entry "
        f"where {_NO_ACCOUNT.format(column='actor_id')} group by actor_id order by actor_id",
        "Account {0} wrote {1} entries, the first in conversation {2}, but there is no such account.",
    ),
    _unknown(
        "members", "membership", "account_id", "conversation_id", "Conversation {0}: its member {1} has no account."
    ),
    _unknown(
        "conversations", "conversation", "created_by", "id", "Conversation {0}: who made it, {1}, has no account."
    ),
    _unknown(
        "conversations", "conversation_invite", "created_by", "id", "Link {0} is of {1}, but there is no such account."
    ),
    Rule(
        "conversations",
        "select id, conversation_id from conversation_invite where not exists "
        "(select 1 from conversation where conversation.id = conversation_id) order by id",
        "Link {0} leads to conversation {1}, but there is none.",
    ),
    Rule(
        "conversations",
        "select id, picture_file_id from conversation where picture_file_id is not null "
        "and not exists (select 1 from file where file.id = picture_file_id) order by id",
        "Conversation {0} has file {1} as its picture, but there is no such file.",
    ),
    _unknown("attachments", "file", "account_id", "id", "File {0} is of account {1}, but there is no such account."),
    _unknown(
        "attachments", "upload", "account_id", "key", "Upload {0} is of account {1}, but there is no such account."
    ),
    _unknown("accounts", "session", "account_id", "id", "Session {0} is of account {1}, but there is no such account."),
    _unknown(
        "accounts",
        "account_change",
        "account_id",
        "version",
        "Change {0} is of account {1}, but there is no such account.",
    ),
    _unknown(
        "inboxes",
        "notification",
        "account_id",
        "id",
        "Notification {0} is for account {1}, but there is no such account.",
    ),
    _unknown(
        "inboxes",
        "notification_rules",
        "account_id",
        "account_id",
        "Rules for notifications are of account {0}, but there is no such account.",
    ),
    Rule(
        "attachments",
        "select id from file where (conversation_id is null) <> (message_seq is null) order by id",
        "File {0} is attached to a conversation or a place, but not to both.",
    ),
    Rule(
        "accounts",
        "select id, picture_file_id from account where picture_file_id is not null "
        "and not exists (select 1 from file where file.id = picture_file_id) order by id",
        "Account {0} has file {1} as its picture, but there is no such file.",
    ),
    Rule(
        "accounts",
        "select id, account_version, newest from account join (select account_id, max(version) as newest "
        "from account_change group by account_id) as told on told.account_id = id where newest > account_version "
        "order by id",
        "Account {0} is at version {1}, but its devices were told of {2}.",
        "update account set account_version = ? where id = ?",
        (2, 0),
    ),
    _unknown("contacts", "contact", "account_id", "other_id", "Contact {0} of account {1}: there is no account {1}."),
    _unknown("contacts", "contact", "other_id", "account_id", "Contact {1} of account {0}: there is no account {1}."),
    Rule(
        "contacts",
        "select mine.account_id, mine.other_id, mine.state, coalesce(theirs.state, 'none') from contact as mine "
        "left join contact as theirs on theirs.account_id = mine.other_id and theirs.other_id = mine.account_id "
        "where coalesce(theirs.state, 'none') <> case mine.state when 'sent' then 'received' "
        "when 'received' then 'sent' when 'contact' then 'contact' else 'none' end "
        "or mine.state not in ('none', 'sent', 'received', 'contact') "
        "or (mine.state <> 'none' and (coalesce(mine.since, -1) <> coalesce(theirs.since, -2) "
        "or coalesce(mine.note, '') <> coalesce(theirs.note, ''))) order by 1, 2",
        "To account {0} account {1} is {2}, but the other way round {3}: the two do not say the same.",
    ),
    Rule(
        "conversations",
        "select id, coalesce(direct_state, 'nothing'), coalesce(wanted, 'nothing'), wanted from ("
        "select c.id, c.direct_state, case when c.kind <> 'direct' then null "
        "when exists (select 1 from membership m join account a on a.id = m.account_id "
        "where m.conversation_id = c.id and a.disabled_at is not null) then 'disabled' else "
        "coalesce(case standing.rank when 2 then 'blocked' when 1 then 'contacts' end, 'strangers') end as wanted "
        "from conversation c left join (select "
        "case when account_id < other_id then cast(account_id as text) || ':' || cast(other_id as text) "
        "else cast(other_id as text) || ':' || cast(account_id as text) end as pair, "
        "max(case when blocked_at is not null then 2 when state = 'contact' then 1 else 0 end) as rank "
        "from contact group by 1) as standing on standing.pair = c.direct_key "
        "where c.kind <> 'direct' or c.direct_key is not null) as derived "
        "where coalesce(direct_state, '') <> coalesce(wanted, '') order by id",
        "Conversation {0}: its direct_state is {1}, but by contacts, blocks and accounts {2}.",
        "update conversation set direct_state = ? where id = ?",
        (3, 0),
    ),
    Rule(
        "inboxes",
        "select id, notification_seq, newest from account join (select account_id, max(seq) as newest "
        "from notification group by account_id) as told on told.account_id = id where newest > notification_seq "
        "order by id",
        "Account {0}: its inbox counts to {1}, but has a change {2}.",
        "update account set notification_seq = ? where id = ?",
        (2, 0),
    ),
    Rule(
        "inboxes",
        "select id, seen_notification_seq, notification_seq from account "
        "where seen_notification_seq > notification_seq order by id",
        "Account {0} has seen its inbox up to {1}, but it counts to {2}.",
        "update account set seen_notification_seq = ? where id = ?",
        (2, 0),
    ),
    Rule(
        "inboxes",
        "select id, account_id, conversation_id, message_seq from notification where conversation_id is not null "
        "and not exists (select 1 from entry where entry.conversation_id = notification.conversation_id "
        "and entry.seq = notification.message_seq) order by id",
        "Notification {0} of account {1} is about conversation {2}, seq {3}, but there is no such entry.",
    ),
    Rule(
        "inboxes",
        "select account_id, type, group_key, count(*) from notification where read_at is null and archived_at is null "
        "group by account_id, type, group_key having count(*) > 1 order by account_id",
        "Account {0} has {3} unread notifications of {1} for {2}, which fold into one.",
    ),
    Rule(
        "followers",
        "select name, position, newest from follower cross join "
        "(select coalesce(max(position), 0) as newest from entry) as log where position > newest order by name",
        "Follower {0} is at position {1}, but the log's newest is {2}: it would pass over what comes next.",
        "update follower set position = ? where name = ?",
        (2, 0),
    ),
)

_STORED = {"int4": "integer", "int8": "integer", "bool": "integer", "text": "text", "bytea": "blob"}
"""How SQLite calls what a column of each kind holds."""
_COUNTED = {"accounts": "account", "contacts": "contact", "inboxes": "notification", "followers": "follower"}


def check_rest(found: Findings, sink: Sink) -> None:
    """Looks at everything that the logs do not decide."""
    for part, table in _COUNTED.items():
        found.looked(part, int(fetch_all(f"select count(*) from {table}")[0][0]))
    for rule in RULES:
        for row in fetch_all(rule.query):
            mends: tuple[Statement, ...] = ()
            if rule.mend:
                mends = ((rule.mend, tuple(row[at] for at in rule.by)),)
            sink(Finding(rule.part, rule.sentence.format(*row), mends))


def check_database(found: Findings, sink: Sink) -> bool:
    """Looks at what holds the tables; false when they cannot be read beyond that."""
    found.looked("database", 1)
    if is_sqlite():
        return _check_file(sink)
    for table in TABLES:
        if table.counts_ids:
            _check_sequence(sink, f"pg_get_serial_sequence('\"{table.name}\"', 'id')", table.name, "id")
    _check_sequence(sink, "'entry_position'", "entry", "position")
    return True


def _check_file(sink: Sink) -> bool:
    try:
        faults = [str(row[0]) for row in fetch_all(f"pragma integrity_check({MOST_FAULTS})")]
    except sqlite3.DatabaseError as error:
        faults = [str(error)]
    if faults != ["ok"]:
        for fault in faults:
            sink(Finding("database", f"The database file is damaged: {fault.strip()}."))
        return False
    return not any([_wrong_kinds(sink, table) for table in TABLES])


def _wrong_kinds(sink: Sink, table: Table) -> bool:
    """SQLite keeps anything in any column: nothing can be said of a table where a text stands for a number."""
    sums = [
        f"coalesce(sum(typeof(\"{column}\") not in ('{_STORED[kind]}', 'null')), 0)"
        for column, kind in zip(table.columns, table.kinds, strict=True)
    ]
    [counts] = fetch_all(f'select {", ".join(sums)} from "{table.name}"')
    for column, kind, count in zip(table.columns, table.kinds, counts, strict=True):
        if count:
            sink(Finding("database", f"{table.name} has {count} values in {column} that are no {kind}."))
    return any(counts)


def _check_sequence(sink: Sink, sequence: str, table: str, column: str) -> None:
    """A counter that is behind its table gives numbers a second time, and nothing can be added."""
    name, newest = fetch_all(f'select {sequence}::text, coalesce(max("{column}"), 0) from "{table}"')[0]
    next_one = fetch_all(f"select case when is_called then last_value + 1 else last_value end from {name}")[0][0]
    if next_one <= newest:
        said = f"The next {column} of {table} would be {next_one}, but there is {newest} already."
        sink(Finding("database", said, (("select setval(?::regclass, ?)", (name, newest)),)))
