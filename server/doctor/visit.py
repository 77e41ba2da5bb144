"""The address that people type, visited as a browser would."""

from __future__ import annotations

import asyncio
import http.client
import json
import ssl
from urllib.parse import urlsplit

from server import __version__
from server.doctor.finding import Finding
from server.settings import Settings


async def look_at_address(settings: Settings) -> list[Finding]:
    """Whether it leads to Madang, and sessions and WebSockets get through."""
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
