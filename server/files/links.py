"""Signed links: who may have which file until when, in a word that nobody else can make."""

from __future__ import annotations

import hashlib
import hmac
import re

from server.errors import Expired, NotFound

_LINK = re.compile(r"([1-9][0-9]{0,15})\.([1-9][0-9]{0,15})\.([0-9a-f]{64})")


def sign(key: bytes, file_id: int, account_id: int, expires_at: int) -> str:
    """The word for this file that stands for this account until ``expires_at``."""
    return f"{account_id}.{expires_at}.{_seal(key, file_id, account_id, expires_at)}"


def read(key: bytes, file_id: int, link: str, now: int) -> int:
    """The account for which ``link`` was made. Raises NotFound when it was not for this file, Expired when too late."""
    parts = _LINK.fullmatch(link)
    if parts is None:
        raise NotFound("There is no such file.")
    account_id, expires_at = int(parts[1]), int(parts[2])
    if not hmac.compare_digest(parts[3], _seal(key, file_id, account_id, expires_at)):
        raise NotFound("There is no such file.")
    if now >= expires_at:
        raise Expired("This link was good for a few minutes only. Ask for a new one.")
    return account_id


def _seal(key: bytes, file_id: int, account_id: int, expires_at: int) -> str:
    return hmac.new(key, f"file {file_id} {account_id} {expires_at}".encode(), hashlib.sha256).hexdigest()
