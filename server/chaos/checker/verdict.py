"""What a check says: the violations with what shows them, how much was looked at, and whether the run counts."""

from __future__ import annotations

from msgspec import Struct, field

from server.chaos import history

SHOWN = 50
"""At most so many violations of one invariant are kept: a broken server breaks it everywhere."""


class Violation(Struct, frozen=True):
    """A promise that was broken: which one, a sentence about it, and the records that show it."""

    invariant: str
    sentence: str
    records: tuple[history.AnyRecord, ...] = ()


class Judgement(Struct):
    """What one invariant says. ``cases``: how much it looked at; none means that it proves nothing."""

    invariant: str
    cases: int = 0
    found: int = 0
    violations: list[Violation] = field(default_factory=list)

    def blame(self, sentence: str, records: tuple[history.AnyRecord, ...]) -> None:
        """Notes a violation."""
        self.found += 1
        if len(self.violations) < SHOWN:
            self.violations.append(Violation(self.invariant, sentence, records))


class Verdict(Struct):
    """What is to be said of a run. ``invalid`` gives the reasons for which it proves nothing; empty when it counts."""

    judgements: list[Judgement]
    invalid: list[str]

    @property
    def violations(self) -> list[Violation]:
        """All of them, in the order of the invariants."""
        return [violation for judgement in self.judgements for violation in judgement.violations]

    @property
    def clean(self) -> bool:
        """Whether the run counts and nothing was broken."""
        return not self.invalid and not self.violations

    @property
    def broken(self) -> list[str]:
        """The names of the invariants that were broken."""
        return [judgement.invariant for judgement in self.judgements if judgement.found]
