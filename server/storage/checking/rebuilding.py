"""What follows from the log, made anew: only what is not as the log says is written."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from server.storage.checking import Contradicts
from server.storage.checking.checking import look
from server.storage.checking.findings import Finding, Findings, Tell
from server.storage.checking.opened import transaction
from server.storage.checking.search import check_search
from server.storage.unit import execute_many, fetch_all

AT_ONCE = 500
"""So many statements in one transaction, or as many as one finding takes."""


@dataclass(slots=True)
class _Mending:
    """Collects what puts findings right, and writes it in the order in which it was found."""

    mended: int = 0
    _waiting: list[Finding] = field(default_factory=list)
    _statements: int = 0

    def take(self, finding: Finding) -> None:
        if finding.mends:
            self._waiting.append(finding)
            self._statements += len(finding.mends)
            if self._statements >= AT_ONCE:
                self.write()

    def write(self) -> None:
        waiting, self._waiting, self._statements = self._waiting, [], 0
        try:
            self._write(waiting)
        except Contradicts:
            for finding in waiting:
                with contextlib.suppress(Contradicts):  # the check that follows names it
                    self._write([finding])

    def _write(self, findings: Sequence[Finding]) -> None:
        if not findings:
            return
        with transaction():
            if not self.mended:
                # What clients hold was made of what was wrong: another epoch has them load everything anew.
                fetch_all("update server_value set value = ? where name = 'epoch'", (secrets.token_hex(8),))
            statements = (statement for finding in findings for statement in finding.mends)
            for sql, some in groupby(statements, itemgetter(0)):
                execute_many(sql, [parameters for _, parameters in some])
            fetch_all("select 1")  # what waits has been done now
        self.mended += len(findings)


def rebuild(tell: Tell) -> int:
    """Puts right what follows from the log, on the connection of this thread, which nobody else may use meanwhile.

    Returns how many findings it has mended. Broken off, the same call goes on: each transaction leaves a database
    that is nearer to its log.
    """
    mending = _Mending()
    look(Findings(), mending.take, tell)
    mending.write()
    # It follows from messages, which may have been put right only now.
    check_search(Findings(), mending.take, lambda part, rows: None)
    mending.write()
    return mending.mended
