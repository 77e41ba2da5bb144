"""What others have looked at, and said in sentences of their own: nemeses, and the check of what is stored."""

from __future__ import annotations

from server.chaos import history
from server.chaos.checker.indexed import Indexed
from server.chaos.checker.logs import Log
from server.chaos.checker.verdict import Judgement


def left_alone(run: Indexed, logs: dict[int, Log], judgement: Judgement) -> None:
    """What each fault was to leave alone: its nemesis has looked."""
    for _, fault in run.of(history.Fault):
        judgement.cases += fault.phase == "end"
        for sentence in fault.wrong:
            judgement.blame(f"{fault.nemesis}: {sentence}", (fault,))


def fits_together(run: Indexed, logs: dict[int, Log], judgement: Judgement) -> None:
    """What is stored at the end fits together: logs, heads, hashes, and all that follows from them."""
    for _, checked in run.of(history.Checked):
        judgement.cases += checked.rows
        for sentence in checked.wrong:
            judgement.blame(sentence, (checked,))
