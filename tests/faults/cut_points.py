"""A process killed at its n-th call to the database, for every n, until a whole loop passes: all or nothing.

    python -m tests.faults.cut_points sqlite FOLDER --every 17
    python -m tests.faults.cut_points postgresql://... FOLDER       on a server of its own: it makes a database there

The loop (``tests.faults.loop``) leaves chance out, so an undisturbed run says what the database holds after each
commit. Then the loop is walked by processes that are killed, each one call later than the one before it. Whoever is
killed must leave exactly one of those states: what was answered is there, what was not is there whole or not at all.
The next process opens what was left and asks for the same command again, until it has an answer, the right one.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from server.errors import ChatError
from tests.faults.bugs import CUT_BUGS
from tests.faults.counting import count_calls
from tests.faults.loop import STEPS, House, make_certain, plain
from tests.faults.places import Place, State, place_at

NEVER = 1 << 60
MOST_FAILURES = 10

Tell = Callable[[str], None]
Do = Callable[[House, int], Awaitable[Any]]
Spoil = Callable[[], None]


@dataclass
class Reference:
    """The undisturbed run: the states after its commits, and of each step its answer, and the calls and commits of
    all until then.
    """

    states: list[State]
    answers: list[Any] = field(default_factory=list)
    commits: list[int] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)

    def commits_before(self, number: int) -> int:
        """How many commits there were when this step began."""
        return self.commits[number - 1] if number else 0


@dataclass
class Told:
    """What a process had said until it was killed: commits begun and done, whether it had an answer, complaints."""

    begun: int = 0
    done: int = 0
    answered: bool = False
    passed: bool = False
    complaints: list[str] = field(default_factory=list)


@dataclass
class Outcome:
    """``points`` is how often a process was killed, ``in_commit`` how often while it waited for a commit, and
    ``stood`` how often that commit had happened all the same.
    """

    commands: int = 0
    points: int = 0
    in_commit: int = 0
    stood: int = 0
    failures: list[str] = field(default_factory=list)


class Cut:
    """Counts this process's calls to its database, and ends it at one of them as kill -9 does."""

    def __init__(self, tell: Tell) -> None:
        self.calls = 0
        self._at = NEVER
        self._tell = tell
        self._lock = threading.Lock()

    def begin(self, at: int) -> None:
        """From now on it counts."""
        self.calls, self._at = 0, at

    def point(self) -> None:
        """Here it may end."""
        with self._lock:
            self.calls += 1
            if self.calls == self._at:
                os.kill(os.getpid(), signal.SIGKILL)

    @contextlib.contextmanager
    def change(self) -> Iterator[None]:
        """Inside, what was done becomes visible to others."""
        self._tell("begun")
        yield
        self._tell("done")


def undisturbed(place: Place) -> Reference:
    """Runs the whole loop once, from nothing."""
    place.begin_anew()
    reference = Reference([place.state()])

    def run(tell: Tell) -> None:
        certain = make_certain()

        def remember(word: str) -> None:
            if word == "done":
                calls = cut.calls  # this look is none of them
                reference.states.append(place.state())
                cut.calls = calls

        cut = Cut(remember)
        count_calls(cut)

        async def do(house: House, number: int) -> Any:
            certain(number)
            reference.answers.append(await STEPS[number].do(house))
            reference.commits.append(len(reference.states) - 1)
            reference.calls.append(cut.calls)
            return reference.answers[-1]

        asyncio.run(_go(place, do, (), len(STEPS)))
        place.memory.write_bytes(pickle.dumps(reference))

    complaints = list(_in_child(run))
    assert not complaints, complaints
    remembered: Reference = pickle.loads(place.memory.read_bytes())
    return remembered


def killed(place: Place, number: int, at: int, reference: Reference, spoil: Spoil) -> Told:
    """A step in a process that is killed at its call ``at``; opening counts in the first step only."""
    told = Told()
    for line in _in_child(lambda tell: _run_step(place, number, at, reference, spoil, tell)):
        match line:
            case "begins":
                told = Told()
            case "begun":
                told.begun += 1
            case "done":
                told.done += 1
            case "answered":
                told.answered = True
            case "passed":
                told.passed = True
            case _:
                told.complaints.append(line)
    return told


def _run_step(place: Place, number: int, at: int, reference: Reference, spoil: Spoil, tell: Tell) -> None:
    certain = make_certain()
    cut = Cut(tell)
    count_calls(cut)
    if not number:
        cut.begin(at)

    async def do(house: House, number: int) -> Any:
        certain(number)
        if number:
            cut.begin(at)
            tell("begins")
        spoil()
        answer = await STEPS[number].do(house)
        tell("answered")
        if plain(answer) != plain(reference.answers[number]):
            tell(f"it was answered otherwise: {plain(answer)}")
        return answer

    asyncio.run(_go(place, do, reference.answers[:number], number + 1))
    tell("passed")


def asked_again(place: Place, number: int, reference: Reference, *, was_done: bool) -> list[str]:
    """Asks for a step again that has left something behind, and says what is wrong with the answer or afterwards."""
    step = STEPS[number]
    if was_done and step.again == "new":
        return []

    def run(tell: Tell) -> None:
        certain = make_certain()

        async def do(house: House, number: int) -> Any:
            certain(number)
            try:
                answer = plain(await step.do(house))
            except ChatError as error:
                answer = error.code
            wanted = step.again if was_done and step.again != "same" else plain(reference.answers[number])
            if answer != wanted and step.again != "new":
                tell(f"again it was answered: {answer}")

        asyncio.run(_go(place, do, reference.answers[:number], number + 1))

    complaints = list(_in_child(run))
    difference = place.state().difference(reference.states[reference.commits[number]])
    return [*complaints, f"when it was asked for again, {difference}"] if difference else complaints


def look(place: Place, number: int, told: Told, reference: Reference, sound: set[int]) -> tuple[int, list[str]]:
    """How many of a step's commits stand after its process was killed, and what is wrong.

    ``sound`` are the states, by their commits, that `madang check` has found nothing wrong with.
    """
    place.wait_until_alone()
    state = place.state()
    before = reference.commits_before(number)
    known = reference.states[before : reference.commits[number] + 1]
    possible = [n for n in range(told.begun, told.done - 1, -1) if n < len(known) and known[n] == state]
    if not possible:
        expected = known[min(told.done, len(known) - 1)]
        return told.done, [f"neither all nor nothing: {state.difference(expected)}"]
    [stand, *_] = possible
    complaints = place.damages(state)
    if told.answered and before + stand < reference.commits[number]:
        complaints.append("it was answered, and is not there")
    if number and before + stand not in sound and not complaints:
        sound.add(before + stand)
        complaints += place.findings()
    return stand, complaints


def cut(place: Place, every: int = 1, spoil: Spoil = lambda: None, steps: Iterable[int] = range(len(STEPS))) -> Outcome:
    """Walks the loop, killing at every n-th call; ``spoil`` puts a bug into whoever is killed."""
    reference = undisturbed(place)
    outcome = Outcome()
    sound: set[int] = set()
    for number in steps:
        points = _points(number, every, reference)
        if not points:
            continue
        before = reference.states[reference.commits_before(number)]
        place.restore(before)
        place.give_numbers_again()
        outcome.commands += 1
        for at in points:
            told = killed(place, number, at, reference, spoil)
            stand, complaints = look(place, number, told, reference, sound)
            place.give_numbers_again()
            complaints += told.complaints
            if told.passed:
                break
            outcome.points += 1
            if told.begun > told.done:
                outcome.in_commit += 1
                outcome.stood += stand > told.done
            if stand and not complaints:
                commits = reference.commits[number] - reference.commits_before(number)
                complaints = asked_again(place, number, reference, was_done=stand == commits)
            outcome.failures += [f"{STEPS[number].name}, call {at}: {each}" for each in complaints]
            if len(outcome.failures) >= MOST_FAILURES:
                return outcome
            place.restore(before)
            place.give_numbers_again()
    return outcome


def _points(number: int, every: int, reference: Reference) -> Iterable[int]:
    """All from the first on; of a sample, those that an undisturbed run has, and the first start to its end."""
    if every == 1:
        return itertools.count(1)
    before = reference.calls[number - 1] if number else 0
    some = [call - before for call in range(before + 1, reference.calls[number] + 1) if call % every == 0]
    return some if number else [*some, NEVER]


async def _go(place: Place, do: Do, answers: Iterable[Any], last: int) -> None:
    """Opens the database and does the steps that have no answer yet, up to ``last``."""
    house = House(place.url, place.folder, answers)
    await house.db.open()
    # Threads connect when they are first asked: that must not fall into the middle of a step.
    await house.db.write(lambda: None)
    await house.db.read(lambda: None)
    while len(house.answers) < last:
        house.answers.append(await do(house, len(house.answers)))
    await house.close()


def _in_child(run: Callable[[Tell], None]) -> Iterator[str]:
    """What a forked process says, line by line, until it has ended."""
    ear, mouth = os.pipe()

    def tell(line: str) -> None:
        os.write(mouth, line.replace("\n", " ").encode() + b"\n")

    child = os.fork()
    if child == 0:
        try:
            os.close(ear)
            run(tell)
        except BaseException as error:
            where = "".join(traceback.format_tb(error.__traceback__)[-2:])
            tell(f"it failed: {error!r} {where}")
        finally:
            os._exit(0)
    os.close(mouth)
    with os.fdopen(ear, errors="replace") as lines:
        yield from (line.rstrip("\n") for line in lines)
    os.waitpid(child, 0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.cut_points")
    parser.add_argument("database")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--only", help="the steps of that name")
    parser.add_argument("--bug", choices=CUT_BUGS, help="put into whoever is killed")
    asked = parser.parse_args()
    steps = [number for number, step in enumerate(STEPS) if asked.only in (None, step.name)]
    spoil = CUT_BUGS.get(asked.bug, lambda: None)
    print(json.dumps(asdict(cut(place_at(asked.database, asked.folder), asked.every, spoil, steps))))


if __name__ == "__main__":
    main()
