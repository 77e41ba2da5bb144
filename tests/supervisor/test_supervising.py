"""The parent's patience and its limits, with workers that misbehave in ways that a real one hardly can."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from server.supervisor import PidFile, Supervisor, Taken, Times
from server.supervisor.keeper import Keeper
from server.workers import Place
from tests.services_under_test import free_port
from tests.supervisor.running import is_gone

QUICK = Times(steady_s=5.0, first_pause_s=0.05, longest_pause_s=0.4, drain_s=0.5, end_s=2.0, ready_s=15.0)
PATIENT = replace(QUICK, drain_s=20.0, end_s=40.0)
"""Where nobody is to be killed before they have said goodbye."""
SCRIPT = str(Path(__file__).with_name("moody_worker.py"))
DEADLINE_S = 60.0


class Moody:
    """A worker whose mood a test sets before it is started."""

    def __init__(self, name: str, folder: Path, alive: int, times: Times) -> None:
        self.folder = folder
        folder.mkdir()
        self.is_now("well")
        place = Place(name, "127.0.0.1", free_port())
        self.keeper = Keeper(place, [sys.executable, SCRIPT, str(place.port), str(folder)], alive, times)

    def is_now(self, mood: str) -> None:
        (self.folder / "mood").write_text(mood)

    @property
    def starts(self) -> list[int]:
        """The process id of each start."""
        file = self.folder / "starts"
        return [int(line) for line in file.read_text().split()] if file.exists() else []


class Crew:
    """Moody workers and their parent, which is this very process."""

    def __init__(self, folder: Path, *names: str, times: Times = QUICK) -> None:
        self.pipe = os.pipe()
        self.files = PidFile(folder)
        self.workers = {name: Moody(name, folder / name, self.pipe[0], times) for name in names}
        self.supervisor = Supervisor([worker.keeper for worker in self.workers.values()], self.files, times)
        self.running: asyncio.Task[None] | None = None

    def are_now(self, mood: str) -> None:
        for worker in self.workers.values():
            worker.is_now(mood)

    def goodbyes(self) -> list[tuple[float, float]]:
        """When each began to say it, and had said it."""
        said = [(worker.folder / "goodbye").read_text().split() for worker in self.workers.values()]
        return [(float(began), float(ended)) for began, ended in said]

    async def starts(self) -> None:
        self.running = asyncio.create_task(self.supervisor.run())
        await eventually(lambda: all(worker.keeper.ready.is_set() for worker in self.workers.values()))

    async def ends(self) -> float:
        """How long it took."""
        assert self.running is not None
        began = time.monotonic()
        self.supervisor._end()
        await self.running
        return time.monotonic() - began

    async def restarts(self) -> list[dict[str, str]]:
        """What is said about it until it is over."""
        self.supervisor._hang_up()
        file = self.files._log

        def said() -> list[dict[str, str]]:
            return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

        await eventually(lambda: bool(said()) and said()[-1]["state"] != "running")
        return said()


async def eventually(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not happened():  # noqa: ASYNC110 - other processes give no other sign
            await asyncio.sleep(0.01)


@pytest.fixture
async def crew(tmp_path: Path) -> AsyncIterator[Crew]:
    async with closing(Crew(tmp_path, "w1", "w2", "w3")) as crew:
        yield crew


@pytest.fixture
async def patient(tmp_path: Path) -> AsyncIterator[Crew]:
    async with closing(Crew(tmp_path, "w1", "w2", "w3", times=PATIENT)) as crew:
        yield crew


@contextlib.asynccontextmanager
async def closing(crew: Crew) -> AsyncIterator[Crew]:
    yield crew
    if crew.running is not None and not crew.running.done():
        await crew.ends()
    for end in crew.pipe:
        os.close(end)


@pytest.fixture
def lines() -> Iterator[list[EventDict]]:
    """What is logged meanwhile."""
    with capture_logs() as lines:
        yield lines


def told(lines: list[EventDict], part: str) -> int:
    return sum(part in line["event"] for line in lines)


async def test_what_dies_at_once_is_tried_with_growing_pauses_and_told_once(crew: Crew, lines: list[EventDict]) -> None:
    await crew.starts()
    second = crew.workers["w2"]
    second.is_now("dies")
    os.kill(second.starts[-1], signal.SIGKILL)
    await eventually(lambda: len(second.starts) >= 7)
    before, began = len(second.starts), time.monotonic()
    await asyncio.sleep(1.0)  # what is asked is how often it is tried in a second
    assert len(second.starts) - before <= (time.monotonic() - began) / QUICK.longest_pause_s + 1
    await eventually(lambda: len(second.starts) > before)
    assert told(lines, "w2 has ended and is started again") == 2
    assert told(lines, "w2 ends again and again") == 1
    # Cured, it is back by itself, and what was is forgotten.
    second.is_now("well")
    await eventually(second.keeper.ready.is_set)
    await eventually(lambda: second.keeper._failures == 0)


async def test_each_says_goodbye_when_the_one_before_has_gone(patient: Crew) -> None:
    patient.are_now("slow")
    await patient.starts()
    await patient.ends()
    moments = [moment for goodbye in patient.goodbyes() for moment in goodbye]
    assert moments == sorted(moments)


async def test_asked_twice_all_say_goodbye_at_once(patient: Crew) -> None:
    patient.are_now("together")
    await patient.starts()
    patient.supervisor._end()
    await patient.ends()
    times = patient.goodbyes()
    assert max(began for began, _ in times) < min(ended for _, ended in times)


async def test_one_that_never_says_goodbye_is_killed_in_time(crew: Crew) -> None:
    crew.are_now("stubborn")
    await crew.starts()
    await crew.ends()
    assert is_gone(*(worker.starts[-1] for worker in crew.workers.values()))


async def test_a_frozen_one_does_not_hold_up_the_end(crew: Crew) -> None:
    await crew.starts()
    os.kill(crew.workers["w1"].starts[-1], signal.SIGSTOP)
    await crew.ends()
    assert is_gone(*(worker.starts[-1] for worker in crew.workers.values()))


async def test_asked_three_times_it_ends_without_a_goodbye(patient: Crew) -> None:
    patient.are_now("stubborn")
    await patient.starts()
    patient.supervisor._end()
    patient.supervisor._end()
    assert await patient.ends() < PATIENT.end_s / 2, "that is how long the first would have had"


@pytest.mark.parametrize(("mood", "why"), [("dies", "w2 ended instead"), ("unready", "w2 has not become ready within")])
async def test_a_worker_that_does_not_come_back_stops_the_restart(crew: Crew, mood: str, why: str) -> None:
    await crew.starts()
    crew.workers["w2"].is_now(mood)
    said = await crew.restarts()
    assert said[-1]["state"] == "failed"
    assert why in said[-1]["text"]
    assert said[-1]["text"].endswith("Not touched: w3.")
    assert [len(crew.workers[name].starts) for name in ("w1", "w3")] == [2, 1]
    assert crew.workers["w3"].keeper.ready.is_set()


async def test_one_that_waits_for_its_next_start_is_started_by_a_restart(crew: Crew) -> None:
    await crew.starts()
    second = crew.workers["w2"]
    second.is_now("dies")
    os.kill(second.starts[-1], signal.SIGKILL)
    await eventually(lambda: len(second.starts) >= 5)
    second.is_now("well")
    assert (await crew.restarts())[-1] == {"text": "All 3 workers were restarted.", "state": "done"}


async def test_a_program_that_is_not_there_is_told_like_any_other_end(tmp_path: Path, lines: list[EventDict]) -> None:
    keeper = Keeper(Place("w1", "127.0.0.1", 1), [str(tmp_path / "nothing")], 0, QUICK)
    keeper.start()
    await eventually(lambda: told(lines, "w1 ends again and again") == 1)
    await keeper.end(1)


def test_the_pauses_grow_to_their_limit() -> None:
    assert [Times().pause_s(number) for number in (0, 1, 2, 6, 100)] == [0.5, 1, 2, 30, 30]


def test_the_pid_file_is_its_owners_alone(tmp_path: Path) -> None:
    files = PidFile(tmp_path / "new")
    assert files.owner() is None
    with files.held() as file:
        assert files.owner() == 0
        file.write("123\n")
        file.flush()
        assert files.owner() == 123
        with pytest.raises(Taken) as taken, PidFile(tmp_path / "new").held():
            pass
        assert taken.value.pid == 123
    assert files.owner() is None
