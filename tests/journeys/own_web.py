"""`madang` for which every host under `.example` is this machine, at any port: a test's own internet."""

from __future__ import annotations

from functools import partial

from server import app
from server.__main__ import main
from server.followers.address_guard import GuardedResolver
from server.followers.fetching import Fetcher
from tests.followers.web import OPEN, allowed


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of that internet."""
    if not host.endswith(".example"):
        raise OSError("no such host")
    return [OPEN]


if __name__ == "__main__":
    app.GuardedResolver = partial(GuardedResolver, resolve, allowed)  # type: ignore[misc, assignment]
    app.Fetcher = partial(Fetcher, ports=None)  # type: ignore[misc, assignment]
    main()
