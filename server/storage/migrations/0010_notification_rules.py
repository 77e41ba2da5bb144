"""What each account wants to be told of, and when."""

from typing import Any

from peewee import BigIntegerField, PostgresqlDatabase, TextField


def up(migrator: Any, db: Any) -> None:
    class NotificationRules(db.Model):  # type: ignore[misc]
        account_id = BigIntegerField(primary_key=True)
        rules = TextField()

        class Meta:
            table_name = "notification_rules"

    db.create_tables((NotificationRules,))
    is_postgres = isinstance(db, PostgresqlDatabase)
    if is_postgres:
        db.execute_sql('alter table "notification_rules" alter column "rules" type text collate "C"')
