"""Killed at a call to the database, a process leaves all or nothing; `python -m tests.prove cut` tries all calls."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from server import parts
from tests.faults.loop import STEPS, House
from tests.postgres_server import PostgresServer
from tests.test_architecture import modules

ROOT = Path(__file__).resolve().parents[2]


def cut_in_a_process(database: str, folder: Path, every: int, *more: str) -> dict[str, Any]:
    """What was found by a process that may fork: it has no threads."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.cut_points", database, str(folder), "--every", str(every), *more],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    outcome: dict[str, Any] = json.loads(done.stdout)
    return outcome


def test_a_sample_of_cuts_leaves_all_or_nothing_in_a_file(tmp_path: Path) -> None:
    outcome = cut_in_a_process("sqlite", tmp_path, 29)
    assert outcome["failures"] == []
    assert outcome["points"] > 20


def test_a_sample_of_cuts_leaves_all_or_nothing_on_postgresql(postgres: PostgresServer, tmp_path: Path) -> None:
    outcome = cut_in_a_process(postgres.address("postgres"), tmp_path, 97)
    assert outcome["failures"] == []
    assert outcome["points"] > 8


@pytest.mark.parametrize(
    ("bug", "complaint"),
    [("answer_before_commit", "it was answered, and is not there"), ("commit_in_pieces", "neither all nor nothing")],
)
def test_a_bug_shows_at_some_call(tmp_path: Path, bug: str, complaint: str) -> None:
    outcome = cut_in_a_process("sqlite", tmp_path, 1, "--only", "create_group", "--bug", bug)
    assert any(complaint in failure for failure in outcome["failures"]), outcome


def writes() -> set[str]:
    """The names of what the server hands to ``Database.write``."""
    calls = [
        call
        for path in modules()
        if "chaos" not in path.parts  # which makes people for a database that is thrown away
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "write"
    ]
    named = [call.args[0] for call in calls if ast.unparse(call.func).split(".")[-2] in ("db", "_db") and call.args]
    return {ast.unparse(name).split(".")[-1] for name in named}


async def test_the_loop_does_everything_that_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "now", parts.now)  # which the house changes
    house = House(None, tmp_path)
    await house.db.open()
    done: set[str] = set()
    write = house.db.write

    async def noted(query: Any, *about: Any) -> Any:
        done.add(getattr(query, "__name__", None) or query.func.__name__)
        return await write(query, *about)

    house.db.write = noted  # type: ignore[method-assign]
    for step in STEPS:
        house.answers.append(await step.do(house))
    await house.close()
    # A local name for `files.create` with what is known of the file.
    assert writes() - {"create"} - done == set()
    assert "create" in done
