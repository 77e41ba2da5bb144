"""How often somebody may fail: to sign in, or with a code."""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from server.errors import RateLimited

WINDOW_S = 300
PER_ACCOUNT = 10
PER_ADDRESS = 50


class Attempts:
    """Counts failures in a moving window, by account name and by peer address.

    Attempts that are still being checked count as failures, so that a hundred at once get no further than
    one after the other. A success clears the account's failures, never the address's: otherwise an account
    of one's own would buy guesses at others.

    ``on_outcome(kind, key, was_right)`` hears what is counted here; ``count`` is for what other workers counted.
    """

    def __init__(self, per_account: int = PER_ACCOUNT, per_address: int = PER_ADDRESS) -> None:
        self.on_outcome: Callable[[str, str, bool], None] = lambda kind, key, was_right: None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._per_account = RateLimitItemPerSecond(per_account, WINDOW_S)
        self._per_address = RateLimitItemPerSecond(per_address, WINDOW_S)
        self._going: Counter[tuple[str, str]] = Counter()

    @contextlib.contextmanager
    def attempt(self, address: str, account: str | None = None) -> Iterator[Attempt]:
        """An attempt from ``address`` at ``account``; tell it ``was_right`` or ``was_wrong``, or neither when it
        came to no end. Raises RateLimited when there have been too many wrong ones.
        """
        keys = [(self._per_address, "address", network_of(address))]
        if account is not None:
            # Hashed: what people type into the wrong field is not kept in memory.
            keys.append((self._per_account, "account", hashlib.sha256(account.encode()).hexdigest()))
        for item, kind, key in keys:
            self._check(item, kind, key)
        self._going.update((kind, key) for _, kind, key in keys)
        attempt = Attempt()
        try:
            yield attempt
        finally:
            for _, kind, key in keys:
                self._leave(kind, key)
                if attempt.right is not None:
                    self.count(kind, key, attempt.right)
                    self.on_outcome(kind, key, attempt.right)

    def count(self, kind: str, key: str, was_right: bool) -> None:
        """What became of an attempt, here or at another worker."""
        item = self._per_account if kind == "account" else self._per_address
        if not was_right:
            self._limiter.hit(item, kind, key)
        elif kind == "account":
            self._limiter.clear(item, kind, key)

    def _leave(self, kind: str, key: str) -> None:
        self._going[kind, key] -= 1
        if not self._going[kind, key]:
            del self._going[kind, key]

    def _check(self, item: RateLimitItemPerSecond, kind: str, key: str) -> None:
        stats = self._limiter.get_window_stats(item, kind, key)
        if stats.remaining > self._going[kind, key]:
            return
        wait_s = max(1, math.ceil(stats.reset_time - time.time())) if stats.remaining <= 0 else 1
        raise RateLimited(f"Too many attempts. Try again in {_spoken(wait_s)}.", retry_after_ms=wait_s * 1000)


class Attempt:
    """What became of one attempt; ``right`` is ``None`` while nobody knows."""

    def __init__(self) -> None:
        self.right: bool | None = None

    def was_right(self) -> None:
        """It was the password, or a good code."""
        self.right = True

    def was_wrong(self) -> None:
        """It was a guess."""
        self.right = False


def network_of(address: str) -> str:
    """What counts as one peer: an IPv4 address, or the /64 of an IPv6 one, which a single line has for itself."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ipaddress.IPv6Network((ip, 64), strict=False))
    return str(ip)


def _spoken(seconds: int) -> str:
    return f"{seconds} s" if seconds < 60 else f"{math.ceil(seconds / 60)} min"
