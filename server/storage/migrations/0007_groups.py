"""Pictures of groups, links into them, and open conversations, found without looking at the others."""

from typing import Any

from peewee import BigAutoField, BigIntegerField, BlobField, IntegerField, PostgresqlDatabase


def up(migrator: Any, db: Any) -> None:
    kind = "BIGINT" if isinstance(db, PostgresqlDatabase) else "INTEGER"
    db.execute_sql(f'alter table "conversation" add column "picture_file_id" {kind}')
    db.execute_sql(
        'CREATE INDEX "conversation_open" ON "conversation" ("last_active_at", "id") '
        'WHERE "kind" = \'open\' AND "dissolved_at" IS NULL'
    )
    db.execute_sql(
        'CREATE INDEX "conversation_picture" ON "conversation" ("picture_file_id") '
        'WHERE ("picture_file_id" IS NOT NULL)'
    )

    class ConversationInvite(db.Model):  # type: ignore[misc]
        id = BigAutoField()
        conversation_id = BigIntegerField(index=True)
        code_hash = BlobField(unique=True)
        created_by = BigIntegerField()
        created_at = BigIntegerField()
        expires_at = BigIntegerField()
        used = IntegerField(default=0)
        uses_left = IntegerField(null=True)

        class Meta:
            legacy_table_names = False
            table_name = "conversation_invite"

    db.create_tables((ConversationInvite,))
