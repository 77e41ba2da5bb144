"""What workers share, and the workers themselves: database, Redis, files, clocks."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections import Counter
from pathlib import Path

from server.doctor.finding import Finding, State
from server.errors import ChatError
from server.files.places import store_for
from server.settings import Settings
from server.storage.checkup import Checkup, look_at
from server.workers import Answer, Place, ask, places_of

SKEW_S = 2.0
PROBE_BYTES = 100_000


async def look_at_database_and_redis(settings: Settings) -> list[Finding]:
    """The database; the workers that run from here; and whether each of them is reached through Redis."""
    checkup = await asyncio.to_thread(look_at, settings.database)
    findings = _database(settings, checkup)
    places = places_of(settings)
    answers = dict(zip(places, await asyncio.gather(*(ask(place) for place in places)), strict=True))
    findings += _workers(answers)
    if settings.redis_url is not None:
        # Without the database nobody knows the name that heads this deployment's channels.
        known = checkup.deployment is not None
        running = [place.worker for place, answer in answers.items() if answer and known]
        findings += await _redis(settings.redis_url, checkup.deployment, running)
    return findings


def _database(settings: Settings, found: Checkup) -> list[Finding]:
    is_new = isinstance(settings.database, Path) and not settings.database.exists()
    state: State = "note" if is_new else "wrong"
    findings = [Finding("database", f"{found.kind}: {said}", state, todo) for said, todo in found.complaints]
    if not findings:
        findings = [Finding("database", f"{found.kind}: {', '.join(found.facts)}")]
    if found.ahead_s is not None:
        findings.append(_clock("The database's clock", found.ahead_s))
    return findings


def _clock(whose: str, ahead_s: float) -> Finding:
    if abs(ahead_s) <= SKEW_S:
        return Finding("clock", f"{whose} and this machine's are less than {SKEW_S:.0f} s apart")
    said = f"{whose} is {abs(ahead_s):,.1f} s {'ahead of' if ahead_s > 0 else 'behind'} this machine's."
    return Finding("clock", said, "wrong", "Run a time service (chrony, systemd-timesyncd) on both machines.")


# Workers


def _workers(answers: dict[Place, Answer | None]) -> list[Finding]:
    if not any(answers.values()):
        return [Finding("workers", "None is running here.", "note", "`madang serve` starts them; then ask again.")]
    return [_worker(f"{place.worker} on {place}", answer) for place, answer in answers.items()]


def _worker(name: str, answer: Answer | None) -> Finding:
    if answer is None:
        return Finding("worker", f"{name} does not answer.", "wrong", "Its last lines in the log say why.")
    if answer.complaints:
        todo = "Once that is cured, it is ready by itself."
        return Finding("worker", f"{name} says: {' '.join(answer.complaints)}", "wrong", todo)
    return Finding("worker", f"{name} is ready")


# Redis


async def _redis(url: str, deployment: str | None, running: list[str]) -> list[Finding]:
    # Only here: it needs redis-py, which takes its time to be imported.
    from server.realtime import roll_call  # noqa: PLC0415

    try:
        found = await roll_call.call(url, deployment or "none", len(running))
    except roll_call.Unreachable as error:
        todo = "Start Redis, or correct MADANG_REDIS_URL; its user needs channels that begin with madang:."
        return [Finding("redis", f"Redis cannot be used: {str(error).rstrip('.')}.", "wrong", todo)]
    name = f"Redis {found.version}".strip()
    findings = []
    for silent in [worker for worker in running if worker not in found.names]:
        said = f"{silent} does not answer through {name}."
        todo = (
            f"See that it has the same MADANG_REDIS_URL and MADANG_DATABASE_URL as this command; then restart {silent}."
        )
        findings.append(Finding("redis", said, "wrong", todo))
    for worker, times in Counter(found.names).items():
        if times > 1:
            said = f"{times} processes call themselves {worker}, so nginx cannot tell their sessions apart."
            findings.append(Finding("redis", said, "wrong", "Give each worker a name of its own, on all machines."))
    if not findings:
        answers = f"answers through it: {', '.join(sorted(found.names))}" if found.names else "no worker to be heard"
        findings.append(Finding("redis", f"{name} passes messages; {answers}"))
    if found.ahead_s is not None:
        findings.append(_clock("The clock of Redis", found.ahead_s))
    return findings


# Files


async def look_at_files(settings: Settings) -> list[Finding]:
    """A file is stored, read and deleted again."""
    where = "the data folder" if settings.files_url is None else f"bucket {settings.files_url.name}"
    if not settings.data_dir.is_dir():
        return []
    if os.geteuid() != settings.data_dir.stat().st_uid:
        todo = f"Ask as its owner: sudo -u '#{settings.data_dir.stat().st_uid}' madang doctor"
        return [Finding("files", f"{settings.data_dir} is not ours, so files were not tried.", "note", todo)]
    store = store_for(settings, os.environ)
    content = secrets.token_bytes(PROBE_BYTES)
    try:
        await store.check()
        async with store.upload(local=False) as upload:
            await upload.write(content)
            kept = await upload.keep()
        try:
            found = await store.find(kept.key)
            read = b"".join([block async for block in found.read(0, PROBE_BYTES)]) if found else None
        finally:
            await store.remove(kept.key)
    except (ChatError, OSError) as error:
        todo = "See that there is room and that Madang may write there; docs/files-on-s3.md has what a bucket needs."
        return [Finding("files", f"A file could not be stored in {where}: {error}", "wrong", todo)]
    if read != content:
        return [Finding("files", f"What is read from {where} is not what was written.", "wrong", "Do not trust it.")]
    return [Finding("files", f"a file was stored in {where}, read and deleted")]
