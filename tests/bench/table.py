"""The one table at the end, for a terminal and as markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.rounds import Outcome
from tests.bench.rows import Line

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
_HEAD = ["", "Madang", "Node", "stock", "Madang / Node", "target", ""]


def lines_of(outcomes: Sequence[Outcome]) -> list[list[str]]:
    """The cells, a list for each line; a row's title stands alone on its line."""
    cells: list[list[str]] = []
    for outcome in outcomes:
        cells.append([outcome.row.title, *[""] * (len(_HEAD) - 1)])
        cells += [_cells(outcome, line) for line in outcome.row.lines]
    return cells


def for_terminal(outcomes: Sequence[Outcome]) -> str:
    """Columns side by side, and the notes."""
    cells = [_HEAD, *lines_of(outcomes)]
    first = max(len(line[0]) + 2 for line in cells[1:] if any(line[1:]))
    widths = [max(len(line[column]) for line in cells) for column in range(1, len(_HEAD))]
    shown = []
    for line in cells:
        label = f"  {line[0]}" if any(line[1:]) else line[0]
        rest = (cell.rjust(width) for cell, width in zip(line[1:], widths, strict=True))
        shown.append("  ".join([label.ljust(first), *rest]).rstrip())
    return "\n".join([*shown, *_notes(outcomes)])


def as_markdown(outcomes: Sequence[Outcome], versions: Mapping[str, str], command: str) -> str:
    """The table with its date, its machine, what was compared with what, and the command that made it."""
    shown = [_markdown_line(_HEAD), _markdown_line(["---"] * len(_HEAD))]
    for line in lines_of(outcomes):
        title = not any(line[1:])
        shown.append(_markdown_line([f"**{line[0]}**", *line[1:]] if title else line))
    rounds = max(outcome.row.rounds for outcome in outcomes)
    notes = [f"- {note}" for note in _notes(outcomes)]
    made = f"Command: `{command}`; medians of {rounds} rounds, ratios of the same round."
    about = f"{_origin()}; {_spoken(versions)}. {made}"
    return "\n".join([about, "", *shown, *(["", *notes] if notes else [])]) + "\n"


def write_markdown(path: Path, markdown: str) -> None:
    """Puts it between the two marks of a page that has them, and into a page of its own otherwise."""
    page = path.read_text() if path.exists() else ""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if begin and end:
        path.write_text(f"{before}{BEGIN}\n{markdown}{END}{after}")
    else:
        path.write_text(markdown)


def _cells(outcome: Outcome, line: Line) -> list[str]:
    middle = outcome.medians
    beside = ("madang", line.beside, "stock")
    figures = [number(middle[peer][line.figure] / line.per) if peer in middle else "" for peer in beside]
    ratio = outcome.ratio(line)
    target = ""
    if line.target is not None:
        target = str(line.target)
        if line.target.of_figure and line.per != 1:
            target = f"{target.split()[0]} {line.target.bound / line.per:g}"
    return [line.label, *figures, f"{ratio:.2f}" if ratio is not None else "", target, _verdict(outcome.miss(line))]


def _verdict(miss: float | None) -> str:
    if miss is None:
        return ""
    return f"missed by {miss * 100:.0f} %" if miss else "met"


def number(value: float) -> str:
    """Three digits that count, thousands apart."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _notes(outcomes: Sequence[Outcome]) -> list[str]:
    return [f"{outcome.row.title}: {note}" for outcome in outcomes for note in outcome.notes]


def _markdown_line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _origin() -> str:
    today = datetime.now(UTC)
    system = platform.uname()
    return f"{today.day} {today:%B %Y}, {os.cpu_count()} cores ({_processor()}), {system.system} {system.release}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _spoken(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())
