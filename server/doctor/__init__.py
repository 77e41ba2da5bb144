"""`madang doctor`: looks at everything that a deployment stands on, and says in plain words what is wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from server.doctor.deployment import look_at_database_and_redis, look_at_files
from server.doctor.finding import Finding
from server.doctor.machine import look_at_folder, look_at_settings
from server.doctor.visit import look_at_address
from server.logs import without_secrets
from server.settings import Settings

__all__ = ["Finding", "examine"]

PATIENCE_S = 20.0
"""For each check; what takes longer is wrong as well."""

CHECKS: dict[str, Callable[[Settings], Awaitable[list[Finding]]]] = {
    "settings": look_at_settings,
    "folder": look_at_folder,
    "database": look_at_database_and_redis,
    "files": look_at_files,
    "address": look_at_address,
}


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """The findings, one check after another. Never raises, and waits for nothing longer than ``PATIENCE_S``."""
    for about, check in CHECKS.items():
        try:
            async with asyncio.timeout(PATIENCE_S):
                findings = await check(settings)
        except TimeoutError:
            findings = [Finding(about, f"No answer within {PATIENCE_S:.0f} s.", "wrong", "See whether it is frozen.")]
        except Exception as error:  # whatever it is: a doctor who falls over helps nobody
            said = without_secrets(f"{type(error).__name__}: {error}".split("\n")[0])
            findings = [Finding(about, said, "wrong", "This is unexpected; please report it.")]
        for finding in findings:
            yield finding
