"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "wrong", "note"]
_LABELS: dict[State, str] = {"ok": "ok", "wrong": "WRONG", "note": "-"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, what was found, and what to do about it. A ``note`` is no fault."""

    about: str
    said: str
    state: State = "ok"
    todo: str = ""

    def __str__(self) -> str:
        """For a terminal: a line, and another one for what to do."""
        line = f"{_LABELS[self.state]:<7}{self.about:<10}{self.said}"
        return f"{line}\n{'':<17}-> {self.todo}" if self.todo else line
