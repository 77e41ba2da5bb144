"""Bugs of a client: put into the model client, in the driver's process."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from server.chaos import client
from server.chaos.screen import By, Screen


@contextlib.contextmanager
def without_dedupe() -> Iterator[None]:
    """Inside, clients show what they have already shown when it comes again."""

    class Credulous(Screen):
        def take(self, entry: dict[str, Any], by: By) -> list[tuple[dict[str, Any], By]]:
            return super().take(entry, by) if self.is_new(entry["seq"]) else [(entry, by)]

    assert client.Screen is Screen, "the client has its screens from elsewhere: this bug needs another place"
    client.Screen = Credulous  # type: ignore[misc]
    try:
        yield
    finally:
        client.Screen = Screen  # type: ignore[misc]
