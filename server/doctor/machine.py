"""Settings, and the folder on this machine."""

from __future__ import annotations

import asyncio
import errno
import getpass
import os
import secrets
import shutil
from pathlib import Path

from server.doctor.finding import Finding
from server.settings import Settings
from server.workers import places_of

LEAST_FREE_BYTES = 1_000_000_000


async def look_at_settings(settings: Settings) -> list[Finding]:
    """What contradicts itself, or is missing for how it is to run."""
    places = places_of(settings)
    where = f"{places[0].worker} on {places[0]}"
    if len(places) > 1:
        where = f"{len(places)} workers, {where} to {places[-1].worker} on {places[-1]}"
    findings = []
    for complaint in settings.lacking_for_many:
        variable, _, why = complaint.partition(": ")
        findings.append(Finding("settings", f"{variable} is not set: {why}", "wrong", f"Set {variable}."))
    if settings.is_one_of_many and not settings.public_url:
        said = "MADANG_PUBLIC_URL is not set, so pages of the address that people type cannot connect."
        findings.append(Finding("settings", said, "wrong", "Set it to the address of nginx, as people type it."))
    if settings.public_url and not settings.trusted_proxies and not settings.socket_dir and settings.is_one_of_many:
        said = "MADANG_TRUSTED_PROXIES is not set, so everybody seems to come from nginx and shares its limits."
        findings.append(Finding("settings", said, "wrong", "Set it to nginx's address, 127.0.0.1 on the same machine."))
    return findings or [Finding("settings", f"{where}; people come by {settings.address}")]


async def look_at_folder(settings: Settings) -> list[Finding]:
    """The data folder: there, to be written to, and on a disk with room."""
    folder = settings.data_dir.resolve()
    if not folder.is_dir():
        return [Finding("folder", f"There is no {folder} yet.", "note", "`madang serve` makes it.")]
    try:
        await asyncio.to_thread(_write_and_read, folder)
    except OSError as error:
        todo = f"Let user {_user()} write there, and see that its disk is well."
        return [Finding("folder", f"{folder} cannot be written to: {error.strerror}.", "wrong", todo)]
    free = shutil.disk_usage(folder).free
    said = f"{folder}, {free / 1e9:,.1f} GB free"
    if free < LEAST_FREE_BYTES:
        return [Finding("folder", f"{said}.", "wrong", "Make room: a full disk stops every message.")]
    return [Finding("folder", said)]


def _write_and_read(folder: Path) -> None:
    probe = folder / f"doctor-{secrets.token_hex(8)}"
    content = secrets.token_bytes(1024)
    try:
        with probe.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if probe.read_bytes() != content:
            raise OSError(errno.EIO, "what was written is not what is read")
    finally:
        probe.unlink(missing_ok=True)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
