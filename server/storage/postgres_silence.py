"""A connection that is not waited for without end: a server that stands still says nothing, and nothing is broken."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import psycopg

MARGIN_S = 2.0
"""Longer than a statement may take by its own time limit: a living server has ended it by then."""


class BoundedConnection(psycopg.Connection[tuple[Any, ...]]):
    """Gives itself up when an answer takes longer than ``bound_s``, if that is set."""

    bound_s: float | None = None

    def wait(self, gen: Generator[Any, Any, Any], *args: Any, **options: Any) -> Any:
        """What psycopg calls whenever it needs the server. Raises OperationalError when nothing comes."""
        if self.bound_s is None:
            return super().wait(gen, *args, **options)
        try:
            return super().wait(_bounded(gen, time.monotonic() + self.bound_s), *args, **options)
        except _Silence:
            self.close()
            raise psycopg.OperationalError(f"PostgreSQL has not answered for {self.bound_s:g} s.") from None


class _Silence(Exception):
    """Time is up."""


def _bounded(gen: Generator[Any, Any, Any], until: float) -> Generator[Any, Any, Any]:
    """The same steps; looked at whenever psycopg's own interval passes without anything being ready."""
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > until:
                raise _Silence
            wanted = gen.send(ready)
    except StopIteration as end:
        return end.value
