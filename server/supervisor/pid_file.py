"""Who supervises a data folder: a file with its process id, locked while it lives, and what it says of a restart."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO

State = Literal["running", "done", "failed"]


class Taken(Exception):
    """Somebody else supervises this folder; ``pid`` is theirs, 0 while they are only starting."""

    def __init__(self, pid: int) -> None:
        super().__init__(pid)
        self.pid = pid


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence about a restart, and how the restart stands with it."""

    text: str
    state: State


class PidFile:
    """``madang.pid`` in the data folder, and ``restart.log`` beside it with the last rolling restart."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "madang.pid"
        self._log = folder / "restart.log"

    @contextlib.contextmanager
    def held(self) -> Iterator[TextIO]:
        """The file, locked and still empty. Raises Taken."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a+") as file:
            # Whoever asks for the owner holds it for a moment.
            for _ in range(10):
                if is_ours := _locked(file):
                    break
                time.sleep(0.02)
            if not is_ours:
                raise Taken(_number_in(file))
            file.truncate(0)
            try:
                yield file
            finally:
                file.truncate(0)

    def owner(self) -> int | None:
        """The process id of whoever supervises the folder, 0 while they are only starting; None for nobody."""
        try:
            with self._path.open() as file:
                return None if _locked(file, fcntl.LOCK_SH) else _number_in(file)
        except FileNotFoundError:
            return None

    def new_log(self) -> RestartLog:
        """An empty log in place of the last restart's."""
        return RestartLog(self._log)

    def last_log(self) -> TextIO | None:
        """What was said of the last restart, to be read by ``said``; None when there was none."""
        try:
            return self._log.open()
        except FileNotFoundError:
            return None


class RestartLog:
    """What one restart says, a sentence a line; a new file each time, so that nobody reads two as one."""

    def __init__(self, path: Path) -> None:
        draft = path.with_suffix(".new")
        self._file = draft.open("w")
        draft.replace(path)

    def say(self, text: str, state: State = "running") -> None:
        """Another sentence; nothing follows one that is not ``running``."""
        self._file.write(json.dumps({"text": text, "state": state}, ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def said(log: TextIO) -> Iterator[Said]:
    """What was said since the last time; a line that is only half written is left for the next."""
    while True:
        here = log.tell()
        line = log.readline()
        if not line.endswith("\n"):
            log.seek(here)
            return
        yield Said(**json.loads(line))


def _locked(file: TextIO, how: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _number_in(file: TextIO) -> int:
    file.seek(0, os.SEEK_SET)
    text = file.read().strip()
    return int(text) if text.isdecimal() else 0
