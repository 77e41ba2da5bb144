"""A message is written to one index less: what is unread is counted from the primary key, less the deleted."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    db.execute_sql("drop index message_readable")
    db.execute_sql(
        'CREATE INDEX "message_deleted" ON "message" ("conversation_id", "seq") WHERE ("deleted_at" IS NOT NULL)'
    )
