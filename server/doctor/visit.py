"""`madang doctor`: looks at everything that a deployment stands on, and says in plain words what is wrong with it."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import secrets
import shutil
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from server import __version__
from server.logs import without_secrets
from server.settings import Settings
from server.storage.checkup import look_at
from server.workers import Answer, ask, places_of

PATIENCE_S = 15.0
"""For each check; what takes longer is wrong as well."""
SKEW_S = 2.0
LEAST_FREE_BYTES = 1_000_000_000
State = Literal["ok", "wrong", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, what was found, and what to do about it. A ``note`` is no fault."""

    about: str
    said: str
    state: State = "ok"
    todo: str = ""


Check = Callable[[Settings], Awaitable[list[Finding]]]


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


def text_of(finding: Finding) -> str:
    """The finding for a terminal: a line, and another one for what to do."""
    label = {"ok": "ok", "wrong": "WRONG", "note": "-"}[finding.state]
    lines = f"{label:<7}{finding.about:<10}{finding.said}"
    return f"{lines}\n{'':<17}-> {finding.todo}" if finding.todo else lines


# Settings and the machine


async def _settings(settings: Settings) -> list[Finding]:
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


async def _folder(settings: Settings) -> list[Finding]:
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
            raise OSError(5, "what was written is not what is read")
    finally:
        probe.unlink(missing_ok=True)


def _user() -> str:
    return os.environ.get("USER") or str(os.getuid())


# Database and clock


async def _database(settings: Settings) -> list[Finding]:
    address = getattr(settings, "database_url", None) or settings.data_dir / "madang.db"
    found = await asyncio.to_thread(look_at, address)
    state: State = "note" if isinstance(address, Path) and not address.exists() else "wrong"
    findings = [Finding("database", f"{found.kind}: {said}", state, todo) for said, todo in found.complaints]
    if not findings:
        findings = [Finding("database", f"{found.kind}: {', '.join(found.facts)}")]
    if found.now_ms is not None:
        findings.append(_clock("The database's clock", found.now_ms / 1000))
    return findings


def _clock(whose: str, seconds: float) -> Finding:
    skew = seconds - time.time()
    if abs(skew) <= SKEW_S:
        return Finding("clock", f"{whose} and this machine's are {abs(skew):.2f} s apart")
    said = f"{whose} is {abs(skew):,.1f} s {'ahead of' if skew > 0 else 'behind'} this machine's."
    return Finding("clock", said, "wrong", "Run a time service (chrony, systemd-timesyncd) on both machines.")


# Workers


async def _workers(settings: Settings) -> list[Finding]:
    places = places_of(settings)
    answers = await asyncio.gather(*(ask(place) for place in places))
    if not any(answers):
        return [Finding("workers", "None is running.", "note", "`madang serve` starts them; then ask again.")]
    return [_worker(f"{place.worker} on {place}", answer) for place, answer in zip(places, answers, strict=True)]


def _worker(name: str, answer: Answer | None) -> Finding:
    if answer is None:
        return Finding("worker", f"{name} does not answer.", "wrong", "Its last lines in the log say why.")
    if not answer.ready or answer.complaints:
        todo = "Once what it says is cured, it is ready by itself."
        return Finding("worker", f"{name} says: {' '.join(answer.complaints)}", "wrong", todo)
    return Finding("worker", f"{name} is ready")


# The address that people type


async def _public(settings: Settings) -> list[Finding]:
    if not settings.public_url:
        return [Finding("address", "MADANG_PUBLIC_URL is not set: people come to this port itself.", "note")]
    return await asyncio.to_thread(_visit, settings.public_url)


def _visit(address: str) -> list[Finding]:
    """What a visitor meets there: the page, a session that stays with its worker, and a WebSocket."""
    try:
        visitor = _Visitor(address)
        status, body = visitor.asks("/healthz")
    except ssl.SSLError as error:
        return [
            Finding("address", f"{address}: {error.reason or error}.", "wrong", "Renew or correct the certificate.")
        ]
    except (OSError, http.client.HTTPException) as error:
        todo = "Start nginx, if it is to run here; some networks do not lead back to themselves."
        return [Finding("address", f"{address} does not answer from here: {error}.", "note", todo)]
    try:
        version = json.loads(body)["version"]
    except (ValueError, LookupError, TypeError):
        todo = "Lead it to Madang's workers; 502 and 503 mean that none of them answers."
        return [Finding("address", f"{address} answers {status}, and not as Madang.", "wrong", todo)]
    try:
        faults = visitor.faults()
    except (OSError, http.client.HTTPException) as error:
        faults = [Finding("address", f"{address} breaks off: {error}.", "wrong", "nginx's error.log says why.")]
    finally:
        visitor.close()
    if version != __version__:
        todo = "`madang restart` after an upgrade."
        faults.append(Finding("address", f"{address} runs {version}; installed is {__version__}.", "wrong", todo))
    return faults or [Finding("address", f"{address} answers, sessions stay with their worker, WebSockets pass")]


class _Visitor:
    """A browser as far as it matters here."""

    def __init__(self, address: str) -> None:
        self._origin = address
        is_https = urlsplit(address).scheme == "https"
        self._kind = http.client.HTTPSConnection if is_https else http.client.HTTPConnection
        self._connection = self._connect()

    def _connect(self) -> http.client.HTTPConnection:
        return self._kind(urlsplit(self._origin).netloc, timeout=5)

    def asks(self, path: str, method: str = "GET", body: str | None = None, **headers: str) -> tuple[int, bytes]:
        self._connection.request(method, path, body, {"Origin": self._origin, **headers})
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def faults(self) -> list[Finding]:
        """What is wrong on the way to a session and its WebSocket."""
        path = "/socket.io/?EIO=4&transport=polling"
        status, body = self.asks(path)
        if status == 403:
            todo = "MADANG_PUBLIC_URL must be what people type, with https where it is https."
            return [Finding("address", "Pages of the public address may not open a session.", "wrong", todo)]
        try:
            session = f"{path}&sid={json.loads(body[1:])['sid']}"
        except (ValueError, LookupError, TypeError):
            return [Finding("address", f"A session cannot be opened: {status}.", "wrong", "Compare with nginx.conf.")]
        # A ping's answer says nothing and may come at any time: whichever worker it reaches must know the session.
        seen = {self.asks(session, "POST", "3")[0] for _ in range(8)}
        found = []
        if seen != {200}:
            todo = "Let nginx pin sessions by their ids as nginx.conf does: `map $arg_sid $worker`."
            found.append(Finding("address", "A session does not stay with its worker.", "wrong", todo))
        elif self._upgrade(session.replace("polling", "websocket")) != 101:
            todo = "Let nginx pass Upgrade and Connection on at /socket.io/, as nginx.conf does."
            found.append(Finding("address", "WebSockets do not pass.", "wrong", todo))
        self.asks(session, "POST", "1")
        return found

    def _upgrade(self, path: str) -> int:
        key = "dGhlIHNhbXBsZSBub25jZQ=="
        wanted = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": key,
        }
        connection = self._connect()
        try:
            connection.request("GET", path, headers={"Origin": self._origin, **wanted})
            return connection.getresponse().status
        finally:
            connection.close()

    def close(self) -> None:
        self._connection.close()


CHECKS: dict[str, Check] = {
    "settings": _settings,
    "folder": _folder,
    "database": _database,
    "workers": _workers,
    "address": _public,
}
