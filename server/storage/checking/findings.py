"""What a check finds: a sentence each, counted by part, and a few of each part named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

NAMED = 10
"""So many findings of a part are named; the others are counted."""

PARTS = (
    "database", "log", "deletions", "messages", "mentions", "reactions", "attachments", "members", "conversations",
    "accounts", "contacts", "inboxes", "followers", "search", "files",
)  # fmt: skip
"""What is looked at, in the order in which it is told."""

Statement = tuple[str, tuple[Any, ...]]
"""A text with ``?`` for each parameter, and the parameters."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be.

    ``mends`` put it right, all together, where what is right follows from the log; else there are none.
    """

    part: str
    sentence: str
    mends: tuple[Statement, ...] = ()


Sink = Callable[[Finding], None]
"""Takes what is found."""
Tell = Callable[[str, int], None]
"""Hears of the progress: the part, and how many more rows of it have been looked at."""


@dataclass(slots=True)
class Findings:
    """All that a check found. ``looked_at`` and ``wrong`` count by part; ``named`` has the first sentences of each.

    ``mendable``: how many of them a rebuild can put right. ``notes`` are no faults.
    """

    looked_at: dict[str, int] = field(default_factory=dict)
    wrong: dict[str, int] = field(default_factory=dict)
    named: dict[str, list[str]] = field(default_factory=dict)
    mendable: int = 0
    notes: list[str] = field(default_factory=list)
    named_at_most: int = NAMED

    def add(self, finding: Finding) -> None:
        """One more."""
        self.wrong[finding.part] = self.wrong.get(finding.part, 0) + 1
        self.mendable += bool(finding.mends)
        named = self.named.setdefault(finding.part, [])
        if len(named) < self.named_at_most:
            named.append(finding.sentence)

    def looked(self, part: str, rows: int) -> None:
        """So many more have been looked at."""
        self.looked_at[part] = self.looked_at.get(part, 0) + rows

    @property
    def count(self) -> int:
        """How many there are; 0 when everything is as it must be."""
        return sum(self.wrong.values())

    @property
    def sentences(self) -> list[str]:
        """All that are named, in the order of the parts."""
        return [sentence for part in PARTS for sentence in self.named.get(part, [])]


def at(conversation_id: int, seq: int | None = None) -> str:
    """How a sentence about a place begins."""
    return f"Conversation {conversation_id}: " if seq is None else f"Conversation {conversation_id}, seq {seq}: "


def shown(value: object) -> str:
    """A value in a sentence."""
    if value is None:
        return "nothing"
    return value.hex() if isinstance(value, bytes) else str(value)
