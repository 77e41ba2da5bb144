"""Starts a worker whose clock a run can step: python -m server.chaos.launcher --clock FILE serve ...

The file holds a number, how many seconds the worker is ahead. Nothing else is different.
"""

from __future__ import annotations

import mmap
import runpy
import struct
import sys
import time
from pathlib import Path


def main(arguments: list[str]) -> None:
    """Runs the rest of the command line as ``madang`` does."""
    if arguments[:1] == ["--clock"]:
        follow_clock(Path(arguments[1]))
        arguments = arguments[2:]
    sys.argv = ["madang", *arguments]
    runpy.run_module("server", run_name="__main__")


def follow_clock(path: Path) -> None:
    """From now on this process is ahead by what the file says; its monotonic clock is not touched."""
    with path.open("r+b") as file:
        memory = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)
    unpack, time_ns, seconds = struct.Struct("=d").unpack_from, time.time_ns, time.time

    def stepped_ns() -> int:
        return time_ns() + int(unpack(memory)[0] * 1e9)

    def stepped() -> float:
        return seconds() + float(unpack(memory)[0])

    time.time_ns, time.time = stepped_ns, stepped


if __name__ == "__main__":
    main(sys.argv[1:])
