"""Which store the settings ask for."""

from __future__ import annotations

from collections.abc import Mapping

from server.files.disk import DiskStore
from server.files.store import Store
from server.settings import Settings


def store_for(settings: Settings, environ: Mapping[str, str]) -> Store:
    """A bucket, with the keys that ``environ`` has for it, or a folder among the data."""
    folder = settings.data_dir / "files"
    if settings.files_url is None:
        return DiskStore(folder, for_group=settings.accel_prefix is not None)
    # Only here: it needs an extra.
    from server.files.bucket import BucketStore  # noqa: PLC0415
    from server.files.unfinished import Credentials  # noqa: PLC0415

    return BucketStore(
        settings.files_url.completed(environ),
        Credentials.from_environment(environ),
        folder / "incoming",
        max_file_bytes=settings.max_file_bytes,
    )
