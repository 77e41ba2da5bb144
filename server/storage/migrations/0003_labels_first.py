"""Labels that begin with the time lie side by side in their index, whoever sends them: fewer pages change at once."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    db.execute_sql("drop index message_sender_id_client_id")
    db.execute_sql('CREATE UNIQUE INDEX "message_client_id_sender_id" ON "message" ("client_id", "sender_id")')
