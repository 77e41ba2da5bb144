"""Who came and who went, found among all entries since a place in the log, however many these are."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    db.execute_sql(
        'CREATE INDEX "entry_moves" ON "entry" ("position") WHERE "kind" IN (\'member_added\', \'member_removed\')'
    )
