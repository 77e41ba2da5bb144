"""The index of what was said, made by a follower: on SQLite FTS5, on PostgreSQL a GIN, over words of our own making."""

from typing import Any

from peewee import PostgresqlDatabase


def up(migrator: Any, db: Any) -> None:
    if isinstance(db, PostgresqlDatabase):
        on_postgres(db)
    else:
        on_sqlite(db)
    db.execute_sql("create unique index search_message_place on search_message (conversation_id, seq)")


def on_sqlite(db: Any) -> None:
    db.execute_sql(
        "create table search_message (id integer primary key, conversation_id integer not null, "
        "seq integer not null, words text not null)"
    )
    # Only which messages have a word; beginnings of three letters by themselves, as people look for them.
    db.execute_sql(
        "create virtual table search_words using fts5 (words, content = 'search_message', content_rowid = 'id', "
        "detail = none, columnsize = 0, prefix = '3', tokenize = \"ascii tokenchars '_'\")"
    )
    # Which words there are, and how often: for those who look whether they are right.
    db.execute_sql("create virtual table search_vocabulary using fts5vocab (search_words, 'row')")


def on_postgres(db: Any) -> None:
    db.execute_sql(
        "create table search_message (id bigint primary key, conversation_id bigint not null, seq bigint not null, "
        "words tsvector not null)"
    )
    # What is new waits in a list that every search reads, until it is sorted in: a short one costs a third of none.
    db.execute_sql(
        "create index search_message_words on search_message using gin (words) with (gin_pending_list_limit = 256)"
    )
