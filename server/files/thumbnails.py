"""Looks into pictures and films, each in a process of its own that may fail, hang or grow without harm to the server.

There a thumbnail is made, and what tells the place is taken out of the file.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

_WORKER = Path(__file__).with_name("thumbnail_worker.py")
AT_ONCE = 2
TIMEOUT_S = 20.0
MAX_BYTES = 4 * 1024 * 1024
"""More than any thumbnail has; a worker that writes more has gone astray."""

_log = logging.getLogger(__name__)


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the worker writes before the thumbnail."""

    media_type: str
    width: int
    height: int
    blur: str | None


class Film(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a film or a sound says of itself; it may be wrong."""

    media_type: str
    width: int | None
    height: int | None
    duration_ms: int | None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that could be decoded. ``width`` and ``height`` are those of it standing upright."""

    media_type: str
    width: int
    height: int
    blur: str | None
    thumbnail: bytes


class Thumbnails:
    """Makes thumbnails, ``at_once`` at a time; the others wait."""

    def __init__(self, *, at_once: int = AT_ONCE, timeout_s: float = TIMEOUT_S, worker: Path = _WORKER) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._timeout_s = timeout_s
        self._worker = worker

    async def of(self, path: Path) -> Picture | None:
        """The picture in the file at ``path``, which is edited; None when it is broken, too large, or none at all."""
        answer = await self._looked_into(path)
        return _read(answer) if answer is not None else None

    async def film(self, path: Path, media_type: str) -> Film | None:
        """What the film in the file at ``path``, which is edited, says of itself; None when there is no sense in it."""
        answer = await self._looked_into(path, media_type)
        try:
            return msgspec.json.decode(answer, type=Film) if answer is not None else None
        except msgspec.DecodeError:
            return None

    async def _looked_into(self, path: Path, *arguments: str) -> bytes | None:
        async with self._places:
            try:
                async with asyncio.timeout(self._timeout_s):
                    return await self._run(path, *arguments)
            except TimeoutError:
                _log.warning("looking into a file took longer than %g s", self._timeout_s)
            except OSError:
                _log.exception("the process that looks into files cannot be started")
        return None

    async def _run(self, path: Path, *arguments: str) -> bytes | None:
        """All that the worker writes, or None when it fails."""
        with path.open("r+b") as picture:
            process = await asyncio.create_subprocess_exec(
                # Isolated: neither the environment nor the current folder decides what it imports.
                sys.executable, "-I", str(self._worker), *arguments,
                stdin=picture, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env={},
                limit=MAX_BYTES,
            )  # fmt: skip
        assert process.stdout is not None
        answer = bytearray()
        try:
            while chunk := await process.stdout.read(65536):
                answer += chunk
                if len(answer) > MAX_BYTES:
                    return None
            return bytes(answer) if await process.wait() == 0 else None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()


def _read(answer: bytes) -> Picture | None:
    line, found, thumbnail = answer.partition(b"\n")
    try:
        header = msgspec.json.decode(line, type=_Header)
    except msgspec.DecodeError:
        return None
    if not found or not thumbnail:
        return None
    return Picture(
        media_type=header.media_type,
        width=header.width,
        height=header.height,
        blur=header.blur,
        thumbnail=thumbnail,
    )
