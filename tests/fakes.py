"""Stand-ins for what tests must be able to steer: the clock, and where facts go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from server.records import Fact

Kind = TypeVar("Kind")


class SteppedClock:
    """A clock that moves only when it is told to."""

    def __init__(self, start: int = 1_700_000_000_000) -> None:
        self.time = start

    def __call__(self) -> int:
        return self.time

    def step(self, *, ms: int = 0, seconds: float = 0, minutes: float = 0, days: float = 0) -> None:
        """Lets time pass."""
        self.time += int(ms + 1000 * (seconds + 60 * minutes + 86_400 * days))


class RecordingPublisher:
    """Keeps what commits announced, in their order."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def publish(self, facts: Iterable[Fact]) -> None:
        """Takes over what a commit announced."""
        self.facts.extend(facts)

    def of(self, kind: type[Kind]) -> list[Kind]:
        """The facts of one kind."""
        return [fact for fact in self.facts if isinstance(fact, kind)]
