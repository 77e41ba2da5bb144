"""Uploads that go on after a cut, how long sound and film last, and what stands in for a picture: a tiny one."""

from typing import Any

from peewee import PostgresqlDatabase


def up(migrator: Any, db: Any) -> None:
    postgres = isinstance(db, PostgresqlDatabase)
    text, big = ('TEXT collate "C"', "BIGINT") if postgres else ("TEXT", "INTEGER")
    # A colour is what older rows have.
    db.execute_sql('alter table "file" rename column "colour" to "blur"')
    db.execute_sql(f'alter table "file" add column "duration_ms" {big}')
    db.execute_sql('CREATE INDEX "file_account_id" ON "file" ("account_id")')
    db.execute_sql(
        f'CREATE TABLE "upload" ("key" {text} NOT NULL PRIMARY KEY, "account_id" {big} NOT NULL, '
        f'"size_bytes" {big} NOT NULL, "metadata" {text} NOT NULL, "created_at" {big} NOT NULL, "file_id" {big})'
    )
    db.execute_sql('CREATE INDEX "upload_account_id" ON "upload" ("account_id")')
