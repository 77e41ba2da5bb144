"""How far something long is: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import shutil
import time
from typing import TextIO

BAR = 24
REDRAW_S = 0.1
LINE_S = 10.0
"""Between two plain lines, in a log file say."""


class Progress:
    """``total`` rows under a ``label``, of which ``done`` have been handled earlier."""

    def __init__(self, label: str, total: int, out: TextIO, *, done: int = 0) -> None:
        self._label = label
        self._total = total
        self._out = out
        self._before = self._done = done
        self._is_bar = out.isatty()
        self._began = self._shown_at = time.monotonic()
        self._width = 0

    def add(self, rows: int, what: str = "") -> None:
        """So many more are handled; ``what`` names them."""
        self._done += rows
        now = time.monotonic()
        if now - self._shown_at >= (REDRAW_S if self._is_bar else LINE_S):
            self._shown_at = now
            self._show(what)

    def end(self) -> None:
        """Everything is done: the last line says how long it took."""
        took = time.monotonic() - self._began
        rows = self._done - self._before
        self._line(f"{self._label}: {rows:,} rows in {duration(took)}, {rows / max(took, 1e-3):,.0f} a second", "\n")

    def leave(self) -> None:
        """It breaks off here; what follows begins on a line of its own."""
        if self._is_bar and self._width:
            self._out.write("\n")
            self._out.flush()

    def _show(self, what: str) -> None:
        share = min(1.0, self._done / self._total) if self._total else 1.0
        rate = (self._done - self._before) / max(time.monotonic() - self._began, 1e-3)
        left = max(0, self._total - self._done) / max(rate, 1e-3)
        filled = int(BAR * share)
        bar = f"[{'#' * filled}{'-' * (BAR - filled)}] " if self._is_bar else ""
        self._line(
            f"{self._label} {bar}{share:4.0%}  {self._done:,} of {self._total:,} rows, {rate:,.0f} a second, "
            f"{duration(left)} left{f' ({what})' if what else ''}",
            "" if self._is_bar else "\n",
        )

    def _line(self, text: str, end: str) -> None:
        if self._is_bar:
            text = text[: shutil.get_terminal_size().columns - 1]
            padding = " " * (self._width - len(text))
            self._width = len(text)
            self._out.write(f"\r{text}{padding}{end}")
        else:
            self._out.write(text + end)
        self._out.flush()


def duration(seconds: float) -> str:
    """In words: ``0.4 s``, ``37 s``, ``2 min 5 s``, ``3 h 12 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def size(number_of_bytes: int) -> str:
    """In words: ``812 bytes``, ``4.2 MB``."""
    if number_of_bytes < 1000:
        return f"{number_of_bytes} bytes"
    amount, unit = number_of_bytes / 1000, "kB"
    for larger in ("MB", "GB", "TB"):
        if amount < 999.5:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.3g} {unit}"
