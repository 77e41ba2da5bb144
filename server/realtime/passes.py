"""Passes: the pids that stock clients come back with. Signed, so that nothing needs to be kept about anybody."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Self

import msgspec

_SIGNATURE_BYTES = 32


class Pass(msgspec.Struct, array_like=True, frozen=True):
    """Who joined which namespace by which session, in which epoch, how far its log had come then, and when.

    ``chance`` tells two devices apart that came at the same moment: a pid has one connection at a time.
    """

    namespace: str
    epoch: str
    account_id: int
    session_id: int
    start: int
    issued_at: int
    chance: bytes

    @classmethod
    def new(cls, namespace: str, epoch: str, *, account_id: int, session_id: int, start: int, issued_at: int) -> Self:
        """One that nobody has yet."""
        return cls(namespace, epoch, account_id, session_id, start, issued_at, secrets.token_bytes(6))


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Pass).decode


def signed(key: bytes, given: Pass) -> str:
    """The pid: HMAC-SHA256 behind what it signs, in the letters of URLs."""
    body = _encode(given)
    return base64.urlsafe_b64encode(body + hmac.digest(key, body, hashlib.sha256)).decode().rstrip("=")


def verified(key: bytes, pid: str) -> Pass | None:
    """What a pid says; None when it is not, letter for letter, one that this key has signed."""
    try:
        whole = base64.b64decode(pid + "=" * (-len(pid) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    body, signature = whole[:-_SIGNATURE_BYTES], whole[-_SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, hmac.digest(key, body, hashlib.sha256)):
        return None
    try:
        given = _decode(body)
    except msgspec.DecodeError:
        return None
    return given if signed(key, given) == pid else None
