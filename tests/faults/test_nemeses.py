"""Which faults a run gets, what their proofs rest on, and the clock that a launcher steps."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

from server.chaos.nemeses import bus, table
from server.chaos.nemeses.nemesis import Waits
from server.chaos.setup import Clock, Setup
from tests.services_under_test import ROOT


def setup_of(folder: Path) -> Setup:
    """One worker on SQLite, as far as a choice of faults is concerned."""
    return Setup(name="sqlite", folder=folder, database=folder / "madang.db", workers=[], doors=[])


def test_seeds_in_a_row_get_everything_that_is_possible_in_turn(tmp_path: Path) -> None:
    setup = setup_of(tmp_path)
    deck = {nemesis.name for nemesis in table.possible(setup)}
    seeds = -(-len(deck) // 3)
    dealt = [nemesis.name for seed in range(2 * seeds) for nemesis in table.dealt(setup, seed, 3)]
    assert set(dealt) == deck
    assert max(map(dealt.count, deck)) <= 3
    assert "redis_killed" not in deck


def test_a_seed_gets_the_same_each_time(tmp_path: Path) -> None:
    setup = setup_of(tmp_path)
    assert table.dealt(setup, 17, 4) == table.dealt(setup, 17, 4)
    assert table.dealt(setup, 17, 4) != table.dealt(setup, 18, 4)


def test_each_fault_has_a_name_of_its_own() -> None:
    assert len(set(table.NAMES)) == len(table.ALL)
    assert [nemesis.name for nemesis in table.named(["line_cut", "half_open"])] == ["line_cut", "half_open"]


def test_a_message_is_taken_out_of_what_redis_sends_whole_however_it_is_cut() -> None:
    first, lost, last = (_published(body) for body in (b"one", b'{"kind":"entry"} two', b"three"))
    stream = b"+OK\r\n" + first + lost + b":1\r\n" + last + b"+PONG\r\n"
    for seed in range(50):
        dice, taken = random.Random(seed), list[bytes]()
        sieve = bus._sieve(taken, lambda message: True)
        passed, rest = b"", stream
        while rest:
            size = dice.randint(1, 30)
            passed += sieve(rest[:size])
            rest = rest[size:]
        assert (taken, passed) == ([lost], stream.replace(lost, b"")), seed


def _published(body: bytes) -> bytes:
    return b"*3\r\n$7\r\nmessage\r\n$4\r\nroom\r\n$%d\r\n%s\r\n" % (len(body), body)


def test_how_long_answers_took() -> None:
    waits = Waits(10.0, 14.0, [0.1] * 98 + [0.5, 3.0], [10.5, 11.0, 13.5])
    assert waits.p99_ms == 3000
    assert waits.longest_pause_s == 2.5
    assert Waits(1.0, 3.0).longest_pause_s == 2.0


def test_a_clock_is_stepped_in_another_process(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    program = (
        "import sys, time; from pathlib import Path; from server.chaos import launcher\n"
        "launcher.follow_clock(Path(sys.argv[1])); real = time.clock_gettime\n"
        "for line in sys.stdin:\n"
        "    now = real(time.CLOCK_REALTIME)\n"
        "    print(round(time.time() - now), round(time.time_ns() / 1e9 - now), flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(clock.path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        for ahead_s in (0, 3600, -3600, 0):
            clock.step(ahead_s)
            process.stdin.write("now?\n")
            process.stdin.flush()
            assert process.stdout.readline() == f"{ahead_s} {ahead_s}\n"
        process.stdin.close()
    clock.close()
