"""Passwords: which are good enough, and their bcrypt hashes, made in a few threads."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TypeVar

import bcrypt

from server.errors import Busy, Invalid

MIN_CHARACTERS = 8
MAX_BYTES = 72  # bcrypt reads no more
COMMON = Path(__file__).with_name("common_passwords.txt")

R = TypeVar("R")


def check(password: str, username: str, field: str = "password") -> None:
    """Raises Invalid, with a sentence for people, when a password may not be chosen."""
    plain = unicodedata.normalize("NFC", password)
    if "\0" in plain or any("\ud800" <= letter <= "\udfff" for letter in plain):
        raise Invalid("The password contains a character that cannot be used.", field=field)
    if len(plain) < MIN_CHARACTERS:
        raise Invalid(f"The password is too short: at least {MIN_CHARACTERS} characters.", field=field)
    size = len(plain.encode())
    if size > MAX_BYTES:
        raise Invalid(
            f"The password is too long: at most {MAX_BYTES} bytes, and this one has {size}. "
            "(Letters beyond English count two to four bytes.)",
            field=field,
        )
    folded = plain.casefold()
    if folded == username.casefold():
        raise Invalid("The password is the username: choose something else.", field=field)
    if folded in common() or (len(folded) <= 16 and len(set(folded)) < 3):
        raise Invalid("This password is one of the first that anybody would try: choose another.", field=field)


@cache
def common() -> frozenset[str]:
    """Passwords that everybody tries first, in small letters."""
    return frozenset(COMMON.read_text(encoding="utf-8").split())


class Passwords:
    """Makes and checks hashes. ``cost`` is bcrypt's work factor; 12 takes about 0.3 s of a processor.

    At most ``max_waiting`` wait for the ``threads``; whoever comes then is told that the server is busy.
    """

    def __init__(self, cost: int = 12, *, threads: int = 2, max_waiting: int = 32) -> None:
        self._cost = cost
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="bcrypt")
        self._room = threads + max_waiting
        # What an unknown name is checked against: the same work as for a known one, and never equal.
        self._nobody = bcrypt.gensalt(cost).decode() + "." * 31

    async def hash(self, password: str) -> str:
        """The hash of a password that ``check`` has passed."""
        return await self._work(_hash, password, self._cost)

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Whether this is the password. Without a hash the answer is no, after the same time."""
        equal = await self._work(_matches, password, password_hash or self._nobody)
        return equal and password_hash is not None

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _work(self, work: Callable[..., R], *args: str | int) -> R:
        if self._room <= 0:
            raise Busy("Too many people are signing in at this moment. Try again.", retry_after_ms=2000)
        self._room -= 1
        future = self._pool.submit(work, *args)
        loop = asyncio.get_running_loop()
        # A caller that goes away leaves its work in the queue: the room is given back when that is done.
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._leave))
        return await asyncio.wrap_future(future)

    def _leave(self) -> None:
        self._room += 1


def _hash(password: str, cost: int) -> str:
    return bcrypt.hashpw(_bytes_of(password), bcrypt.gensalt(cost)).decode()


def _matches(password: str, password_hash: str) -> bool:
    plain = _bytes_of(password)
    # Too long for any password of ours, but the time it takes must not tell.
    equal = bcrypt.checkpw(plain[:MAX_BYTES].replace(b"\0", b"?"), password_hash.encode())
    return equal and len(plain) <= MAX_BYTES and b"\0" not in plain


def _bytes_of(password: str) -> bytes:
    # The same word may be typed composed or decomposed, by keyboard and system.
    return unicodedata.normalize("NFC", password).encode(errors="replace")
