"""`madang restart`: asks the running parent to restart its workers, and repeats what it says until it is done."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from server.supervisor.pid_file import PidFile, said

LOOK_S = 0.05


class NotRunning(Exception):
    """Nobody supervises this folder, or not any more; the sentence says which."""


def follow_restart(folder: Path, say: Callable[[str], None]) -> bool:
    """Whether all workers were restarted; ``say`` gets each sentence as it comes.

    Waits for a restart that is under way, and then for its own. Raises NotRunning, and PermissionError when
    the parent belongs to somebody else.
    """
    file = PidFile(folder)
    before = _identity(file)
    pid = file.owner()
    if not pid:
        raise NotRunning(
            f"No workers run from {folder}."
            if pid is None
            else f"The workers of {folder} are only just being started. Try again in a moment."
        )
    os.kill(pid, signal.SIGHUP)
    while _identity(file) == before:
        _still_there(file, pid)
        time.sleep(LOOK_S)
    log = file.last_log()
    assert log is not None, "it was there a moment ago"
    with log:
        while True:
            is_there = file.owner() == pid
            for one in said(log):
                say(one.text)
                if one.state != "running":
                    return one.state == "done"
            if not is_there:
                raise NotRunning("The parent of the workers has ended meanwhile.")
            time.sleep(LOOK_S)


def _identity(file: PidFile) -> int | None:
    """What tells the log of one restart from the one before: it is another file."""
    if (log := file.last_log()) is None:
        return None
    with log:
        return os.fstat(log.fileno()).st_ino


def _still_there(file: PidFile, pid: int) -> None:
    if file.owner() != pid:
        raise NotRunning("The parent of the workers has ended meanwhile.")
