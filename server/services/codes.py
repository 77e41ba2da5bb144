"""Codes that let people in: invitations, claims, links into groups. Only their hashes are kept."""

from __future__ import annotations

import hashlib
import secrets

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that look alike on paper


def new() -> str:
    """A code to be read and typed by people: 16 letters in groups, 79 random bits."""
    letters = new_word()
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def new_word() -> str:
    """The same in one piece, for an address."""
    return "".join(secrets.choice(_LETTERS) for _ in range(16))


def hash_of(code: str) -> bytes:
    """Of a code as people type it: groups and capitals do not count."""
    return hashlib.sha256("".join(code.replace("-", "").split()).lower().encode(errors="replace")).digest()
