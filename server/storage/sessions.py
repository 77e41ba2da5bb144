"""Sessions: the devices people are signed in on. Tokens are kept as SHA-256 only."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from server import records
from server.errors import NotFound
from server.storage.models import Account, Session
from server.storage.unit import announce

_FIELDS = (
    Session.id,
    Session.account_id,
    Session.device_name,
    Session.created_at,
    Session.last_used_at,
    Session.expires_at,
)


def by_token(token_hash: bytes) -> records.Session | None:
    """The session of a token, expired or not."""
    found = _sessions(Session.select(*_FIELDS).where(Session.token_hash == token_hash).limit(1))
    return found[0] if found else None


def of_account(account_id: int, now: int) -> list[records.Session]:
    """The devices that are signed in, the most recently used first."""
    return _sessions(
        Session.select(*_FIELDS)
        .where(Session.account_id == account_id, Session.expires_at > now)
        .order_by(Session.last_used_at.desc(), Session.id.desc())
    )


def standing(session_ids: Collection[int], now: int) -> list[records.Session]:
    """Those of ``session_ids`` that are still good: not ended, not expired, the account not disabled."""
    return _sessions(
        Session.select(*_FIELDS)
        .join(Account, on=(Account.id == Session.account_id))
        .where(Session.id.in_(list(session_ids)), Session.expires_at > now, Account.disabled_at.is_null())
    )


def add(account_id: int, token_hash: bytes, device_name: str, now: int, expires_at: int) -> records.Session:
    """A new device. The account's expired ones are forgotten on this occasion."""
    Session.delete().where(Session.account_id == account_id, Session.expires_at <= now).execute()
    row = Session.create(
        account_id=account_id,
        token_hash=token_hash,
        device_name=device_name,
        created_at=now,
        last_used_at=now,
        expires_at=expires_at,
    )
    return records.Session(row.id, account_id, device_name, now, now, expires_at)


def used(uses: Iterable[tuple[int, int, int]]) -> None:
    """Remember when sessions were used: ``(session_id, used_at, expires_at)`` each; never goes back."""
    for session_id, used_at, expires_at in sorted(uses):
        Session.update(last_used_at=used_at, expires_at=expires_at).where(
            Session.id == session_id, Session.last_used_at < used_at
        ).execute()


def end(account_id: int, session_id: int, reason: str) -> None:
    """Sign one device out; its sockets hear of it. Raises NotFound unless it is this account's."""
    _end(account_id, [session_id], reason)


def end_others(account_id: int, keep_id: int | None, reason: str) -> None:
    """Sign out every device but ``keep_id``."""
    rows = Session.select(Session.id).where(Session.account_id == account_id)
    others = [row.id for row in rows if row.id != keep_id]
    if others:
        _end(account_id, others, reason)


def _end(account_id: int, session_ids: list[int], reason: str) -> None:
    ended = Session.delete().where(Session.account_id == account_id, Session.id.in_(session_ids)).execute()
    if not ended:
        raise NotFound("There is no such device.")
    announce(records.SessionsEnded(account_id, tuple(session_ids), reason))


def _sessions(query: Any) -> list[records.Session]:
    return [records.Session(*row) for row in query.tuples()]
