"""Who was removed from a group is remembered until somebody adds them again, and nobody writes to disabled accounts."""

import json
from typing import Any

from peewee import BigIntegerField, CompositeKey

# The last thing that was said of each.
_MOVES = "select conversation_id, seq, kind, data from entry where kind in ('member_added', 'member_removed')"


def up(migrator: Any, db: Any) -> None:
    class Removal(db.Model):  # type: ignore[misc]
        conversation_id = BigIntegerField()
        account_id = BigIntegerField()
        seq = BigIntegerField()

        class Meta:
            legacy_table_names = False
            table_name = "conversation_removal"
            primary_key = CompositeKey("conversation_id", "account_id")

    db.create_tables((Removal,))
    removed: dict[tuple[int, int], int] = {}
    for conversation_id, seq, kind, data in db.execute_sql(f"{_MOVES} order by position").fetchall():
        said = json.loads(data)
        place = (conversation_id, said["account_id"])
        removed.pop(place, None)
        if kind == "member_removed" and said.get("by") == "admin":
            removed[place] = seq
    mark = db.param
    for (conversation_id, account_id), seq in removed.items():
        db.execute_sql(
            f"insert into conversation_removal (conversation_id, account_id, seq) values ({mark}, {mark}, {mark})",
            (conversation_id, account_id, seq),
        )
    db.execute_sql(
        "update conversation set direct_state = 'disabled' where kind = 'direct' and exists (select 1 from membership "
        "join account on account.id = membership.account_id where membership.conversation_id = conversation.id "
        "and account.disabled_at is not null)"
    )
