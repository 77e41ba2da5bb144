"""Rows of files that come in several goes: whose they are, how large they will be, and what they have become.

All functions are plain and run inside the caller's unit of work. The bytes lie elsewhere, under ``key``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from server import records
from server.errors import NotFound, RateLimited
from server.records import StoredFile
from server.storage import files
from server.storage.models import Upload
from server.storage.unit import fetch_all, for_update, hold


def create(
    account_id: int, key: str, size_bytes: int, metadata: str, created_at: int, quota_bytes: int | None
) -> records.Upload:
    """A new upload, for which room is kept from now on.

    Raises RateLimited when too many files of this account are under way, TooLarge for ``quota`` when there is no room.
    """
    hold(accounts=[account_id])  # nobody promises the same room twice
    under_way = Upload.select().where(Upload.account_id == account_id, Upload.file_id.is_null()).count()
    if under_way + files.waiting(account_id) >= files.MAX_WAITING:
        raise RateLimited("Too many files of yours are under way. Finish or send them first.", retry_after_ms=60_000)
    files.check_room(account_id, size_bytes, quota_bytes)
    row = Upload.create(key=key, account_id=account_id, size_bytes=size_bytes, metadata=metadata, created_at=created_at)
    return _record(row)


def get(account_id: int, key: str, created_after: int) -> records.Upload:
    """One's own upload that was begun after then; raises NotFound."""
    row = Upload.get_or_none(
        (Upload.key == key) & (Upload.account_id == account_id) & (Upload.created_at > created_after)
    )
    if row is None:
        raise _not_found()
    return _record(row)


def complete(key: str, store: Callable[[], StoredFile]) -> tuple[StoredFile, bool]:
    """The file that the upload has become, and whether ``store`` made it now: only the first who completes it does.

    Raises NotFound when it was given up meanwhile.
    """
    rows = fetch_all(f"select file_id from upload where key = ?{for_update()}", (key,))
    if not rows:
        raise _not_found()
    if rows[0][0] is not None:
        return files.get(rows[0][0]), False
    stored = store()
    Upload.update(file_id=stored.id).where(Upload.key == key).execute()
    return stored, True


def remove(account_id: int, key: str) -> None:
    """Give up one's own upload, if it is not a file yet; raises NotFound."""
    if not Upload.delete().where(Upload.key == key, Upload.account_id == account_id).execute():
        raise _not_found()


def release_expired(created_before: int, limit: int = 500) -> list[str]:
    """Forget uploads that were begun before then, finished or not; returns the keys whose bytes may go."""
    rows = list(Upload.select(Upload.key).where(Upload.created_at <= created_before).limit(limit))
    if rows:
        Upload.delete().where(Upload.key.in_([row.key for row in rows])).execute()
    return [row.key for row in rows]


def _not_found() -> NotFound:
    return NotFound("There is no such upload, or it has expired.")


def _record(row: Any) -> records.Upload:
    return records.Upload(
        key=row.key,
        account_id=row.account_id,
        size_bytes=row.size_bytes,
        metadata=row.metadata,
        created_at=row.created_at,
        file_id=row.file_id,
    )
