"""Signing in, and the devices one is signed in on."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Collection
from dataclasses import dataclass

from server import records
from server.clock import Now
from server.errors import Busy, Expired, Forbidden, Unauthorized, Unavailable
from server.protocol.http import CreateSession
from server.services import names
from server.services.attempts import Attempts
from server.services.devices import device_name
from server.services.passwords import Passwords
from server.storage import accounts, sessions
from server.storage.database import Database

DAY_MS = 24 * 60 * 60 * 1000
UNUSED_MS = 90 * DAY_MS
LONGEST_MS = 365 * DAY_MS
WRITTEN_EVERY_MS = 60_000
"""How exact the time of last use is: one write a minute for a session, at most."""
MAX_DEVICE_NAME = 100
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Started:
    """A new session with its token, which nobody can ask for again."""

    account: records.Account
    session: records.Session
    token: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks before anybody is signed in: the peer's address and what its program says it is."""

    address: str
    user_agent: str = ""

    def device(self, given: str | None) -> str:
        """The name of the device: the one that was given, or one made from the program's own words."""
        cleaned = names.clean(given, "device_name") if given and given.strip() else ""
        return cleaned[:MAX_DEVICE_NAME] or device_name(self.user_agent)


class Sessions:
    """Tokens are 256 random bits; what is stored is their SHA-256, so that a stolen database opens nothing."""

    def __init__(self, db: Database, now: Now, passwords: Passwords, attempts: Attempts) -> None:
        self._db = db
        self._now = now
        self._passwords = passwords
        self._attempts = attempts
        self._noting: set[int] = set()

    async def sign_in(self, command: CreateSession, visitor: Visitor) -> Started:
        """A new session for whoever knows the password.

        Raises Unauthorized, the same and after the same time for an unknown name and a wrong password,
        Forbidden for a disabled account (only to whoever knows its password), RateLimited, Busy.
        """
        device = visitor.device(command.device_name)
        username = command.username.strip()
        with self._attempts.attempt(visitor.address, accounts.username_key(username)) as attempt:
            account = await self._db.read(accounts.by_username, username)
            known = account.password_hash if account else None
            if not await self._passwords.matches(command.password, known) or account is None:
                attempt.was_wrong()
                raise Unauthorized("Wrong name or password.")
            attempt.was_right()
        token = new_token()
        return await self._db.write(_start_checked, account, token, device, self._now())

    async def of_token(self, token: str) -> tuple[records.Account, records.Session]:
        """Who this token is. Raises Unauthorized when it is none of ours, Expired when it was one."""
        account, session = await self._db.read(_of_token, _hash(token))
        now = self._now()
        if session.expires_at <= now:
            raise Expired("You have been signed out after a long time. Sign in again.")
        if account.disabled_at is not None:
            raise Unauthorized("This account is disabled.")
        if now - session.last_used_at >= WRITTEN_EVERY_MS and session.id not in self._noting:
            await self._note_use(session, now)
        return account, session

    async def _note_use(self, session: records.Session, now: int) -> None:
        self._noting.add(session.id)
        try:
            await self._db.write(sessions.used, [_use(session, now)])
        except (Busy, Unavailable):
            _log.warning("the last use of a session could not be noted")  # whoever reads can still read
        finally:
            self._noting.discard(session.id)

    async def list(self, account_id: int) -> list[records.Session]:
        """The devices an account is signed in on, the most recently used first."""
        return await self._db.read(sessions.of_account, account_id, self._now())

    async def end(self, account_id: int, session_id: int) -> None:
        """Sign one of one's own devices out: its sockets close at once. Raises NotFound."""
        await self._db.write(sessions.end, account_id, session_id, "signed_out")

    async def end_others(self, account_id: int, keep_id: int) -> None:
        """Sign out every device but this one."""
        await self._db.write(sessions.end_others, account_id, keep_id, "signed_out")

    async def ended_of(self, session_ids: Collection[int]) -> set[int]:
        """Which of these, all of them with a live socket, are good no more; the others have been used just now.

        For the worker's regular check: a session can also expire, or be ended by the command line.
        """
        if not session_ids:
            return set()
        now = self._now()
        standing = await self._db.read(sessions.standing, session_ids, now)
        # A socket is one long use; an hour's exactness keeps the writer free.
        old = [_use(session, now) for session in standing if now - session.last_used_at >= 60 * WRITTEN_EVERY_MS]
        if old:
            await self._db.write(sessions.used, old)
        return set(session_ids) - {session.id for session in standing}


def new_token() -> str:
    """256 random bits as text."""
    return secrets.token_urlsafe(32)


def start(account: records.Account, token: str, device: str, now: int) -> Started:
    """Store a new session; part of a unit of work."""
    session = sessions.add(account.id, _hash(token), device, now, now + UNUSED_MS)
    return Started(account, session, token)


def _start_checked(seen: records.Account, token: str, device: str, now: int) -> Started:
    # The password was checked a moment ago, outside of this transaction: it may have been changed since.
    account = accounts.get(seen.id)
    if account.password_hash != seen.password_hash:
        raise Unauthorized("Wrong name or password.")
    if account.disabled_at is not None:
        raise Forbidden("This account is disabled. Ask your administrator.")
    return start(account, token, device, now)


def _of_token(token_hash: bytes) -> tuple[records.Account, records.Session]:
    session = sessions.by_token(token_hash)
    account = accounts.find(session.account_id) if session else None
    if session is None or account is None:
        raise Unauthorized("You are not signed in.")
    return account, session


def _use(session: records.Session, now: int) -> tuple[int, int, int]:
    return session.id, now, min(session.created_at + LONGEST_MS, now + UNUSED_MS)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
