"""The benchmark runs and says what it is asked for; how fast anything is, no test asserts."""

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bench import table, wire
from tests.bench.__main__ import too_far
from tests.bench.client import Client
from tests.bench.listener import Crowd, Listener
from tests.bench.measure import medians, percentile_ms
from tests.bench.rounds import Outcome, Round, run
from tests.bench.rows import FULL, Line, Row, Target, rows
from tests.services_under_test import ROOT

SHORT = {
    "rounds": 1, "seconds": 0.4, "warm_up": 0.2, "members": 40, "crowded_rate": 100, "speakers": 4, "senders": 4,
    "idle": 30, "held": 20, "held_seconds": 0.2, "connects": 20, "callers": 4, "returning": 20, "shared_rate": 50,
    "messages": 1000, "searches": 40,
}  # fmt: skip


# All of it, shortly


@pytest.fixture(scope="module")
def short_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], str, str]:
    """Every row with few people: the JSON lines, the table, and the page it was written to."""
    page = tmp_path_factory.mktemp("page") / "figures.md"
    page.write_text(f"# Figures\n\n{table.BEGIN}\nold\n{table.END}\n\nThe end.\n")
    sizes = [word for name, value in SHORT.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", *sizes, "--markdown", str(page)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    printed, _, shown = done.stdout.partition("\n\n")
    return [json.loads(line) for line in printed.splitlines()], shown, page.read_text()


def test_each_round_prints_a_line_for_each_peer_with_every_figure_of_the_table(
    short_run: tuple[list[dict[str, Any]], str, str],
) -> None:
    first, *lines = short_run[0]
    assert {"python", "madang", "python-socketio", "node", "socket.io"} <= set(first["versions"])
    for row in rows(FULL).values():
        measured = [line for line in lines if line["row"] == row.name and "round" in line]
        assert [line["peer"] for line in measured] == list(row.peers)
        assert all(line[of.figure] >= 0 for line in measured for of in row.lines)
        [result] = [line for line in lines if line["row"] == row.name and "result" in line]
        assert set(result["medians"]) == set(row.peers)


def test_everybody_gets_what_is_said_and_nobody_is_lost(short_run: tuple[list[dict[str, Any]], str, str]) -> None:
    by_row: dict[str, list[dict[str, Any]]] = {}
    for line in short_run[0][1:]:
        if "round" in line:
            by_row.setdefault(line["row"], []).append(line)
    for line in by_row["fanout"] + by_row["crowded"]:
        assert line["deliveries_per_s"] > 0
        assert line["delay_p99_ms"] > 0
    assert all(line["sends_per_s"] > 0 and line["half_load_sends_per_s"] > 0 for line in by_row["sends"])
    assert all(line["still_there"] == line["connections"] for line in by_row["idle"] + by_row["held"])
    assert all(line["calls_per_s"] > 0 for line in by_row["calls"])


def test_the_table_has_a_line_for_each_figure_and_replaces_the_one_of_the_page(
    short_run: tuple[list[dict[str, Any]], str, str],
) -> None:
    _, shown, page = short_run
    for row in rows(FULL).values():
        for line in row.lines:
            assert line.label in shown
            assert f"| {line.label} |" in page
    assert page.startswith("# Figures")
    assert page.endswith("The end.\n")
    assert "old" not in page
    assert "Command: `python -m tests.bench --rounds 1" in page


# Rounds


def row_of(found: list[Round], rounds: int, *lines: Line) -> Row:
    """A row whose rounds are told beforehand, peer by peer."""
    told = iter([figures for each in found for figures in each.values()])

    async def measure(peer: Any) -> dict[str, float]:
        return next(told)

    peers = dict.fromkeys(found[0], _nobody)
    return Row("row", "A row", peers, 2, 2, measure, lines, "cpu", rounds)


class _Nobody:
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


def _nobody(folder: Path, people: int, group_size: int) -> Any:
    return _Nobody()


def figures(cpu: float, load: float = 10) -> dict[str, float]:
    return {"cpu": cpu, "load_percent": load}


def outcome_of(found: list[Round], rounds: int, *lines: Line) -> Outcome:
    return run(row_of(found, rounds, *lines), lambda **line: None)


def test_ratios_are_of_the_same_round() -> None:
    line = Line("cpu", "CPU", Target(0.6))
    found: list[Round] = [{"node": figures(10 + n), "madang": figures(5 * (10 + n))} for n in range(3)]
    outcome = outcome_of(found, 3, line)
    assert outcome.ratios(line) == [5, 5, 5]
    assert outcome.ratio(line) == 5
    assert outcome.notes == []


def test_a_round_in_which_node_was_unusual_is_measured_again() -> None:
    line = Line("cpu", "CPU")
    found: list[Round] = [{"node": figures(cpu), "madang": figures(cpu)} for cpu in (10, 20, 10, 11)]
    outcome = outcome_of(found, 3, line)
    assert [each["node"]["cpu"] for each in outcome.rounds] == [10, 11, 10]
    assert outcome.notes == ["1 of the rounds measured again, for Node's figure was unusual"]


def test_it_is_not_measured_again_for_ever() -> None:
    found: list[Round] = [{"node": figures(cpu), "madang": figures(1)} for cpu in (10, 20, 10, 40, 50, 60)]
    outcome = outcome_of(found, 3, Line("cpu", "CPU"))
    assert "the machine was busy with something else" in outcome.notes[-1]


def test_a_busy_load_is_told() -> None:
    outcome = outcome_of([{"node": figures(10), "madang": figures(5, load=97)}], 1, Line("cpu", "CPU"))
    assert "97 % busy beside madang" in outcome.notes[0]


@pytest.mark.parametrize(
    ("target", "value", "missed"),
    [
        (Target(0.6), 0.6, 0.0),
        (Target(0.6), 0.9, 0.5),
        (Target(2.0, at_least=True), 2.5, 0.0),
        (Target(2.0, at_least=True), 1.5, 0.25),
    ],
)
def test_a_target_is_missed_by_a_part_of_it(target: Target, value: float, missed: float) -> None:
    assert target.miss(value) == pytest.approx(missed)


def test_a_target_for_the_figure_itself_needs_nobody_beside_it() -> None:
    line = Line("cpu", "memory, kB", Target(12_000, of_figure=True), per=1_000)
    outcome = outcome_of([{"madang": figures(15_000)}], 1, line)
    assert outcome.ratio(line) is None
    assert outcome.miss(line) == pytest.approx(0.25)
    assert table.lines_of([outcome])[1] == ["memory, kB", "15.0", "", "", "", "<= 12", "missed by 25 %"]


def test_a_quick_run_fails_for_what_misses_its_target_by_more_than_noise() -> None:
    line = Line("cpu", "CPU", Target(0.6))
    near = outcome_of([{"node": figures(10), "madang": figures(7)}], 1, line)
    far = outcome_of([{"node": figures(10), "madang": figures(7.3)}], 1, line)
    assert too_far([near]) == []
    assert too_far([near, far]) == ["A row, CPU"]


def test_middle_and_edge() -> None:
    waits = [number / 1000 for number in range(1, 101)]
    assert (percentile_ms(waits, 50), percentile_ms(waits, 99), percentile_ms([], 50)) == (51.0, 100.0, 0.0)
    assert medians([{"a": 1.0}, {"a": 9.0}, {"a": 2.0}]) == {"a": 2.0}


# The load


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1000])
async def test_a_client_counts_frames_however_they_are_cut(piece: int) -> None:
    heard: list[bytes] = []
    client = Client(heard.append)
    packets = [wire.CREATED + b'{"text":"%s"}]' % (b"x" * size) for size in (0, 90, 200, 70_000)]
    stream = b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + b"".join(from_server(packet) for packet in packets)
    for start in range(0, len(stream), piece):
        client.data_received(stream[start : start + piece])
    assert heard == packets
    assert client.delivered == 4


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1000])
async def test_a_listener_counts_messages_and_answers_pings_however_they_are_cut(piece: int) -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    packets = [
        b'42/chat,["heads",{}]',
        b"2",
        wire.CREATED + b'{"text":"message_created"}]',
        wire.CREATED + b"{}]",
        b"2",
    ]
    stream = b"".join(from_server(packet) for packet in packets)
    crowd = Crowd()
    listener = Listener(ours, crowd)
    for start in range(0, len(stream), piece):
        theirs.send(stream[start : start + piece])
        listener.receive()
    assert listener.delivered == 2
    # Two pings that arrive together are answered once: no server sends a second one before the answer.
    assert 1 <= listener.pings <= 2
    assert theirs.recv(100).startswith(wire.frame(b"3"))
    theirs.close()
    listener.receive()
    assert not listener.open
    assert len(crowd) == 0


async def test_a_listener_who_is_refused_says_so() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + from_server(wire.OPENED + b':"x"}'))
        await reader.readexactly(6)
        writer.write(from_server(b'44/chat,{"message":"unauthorized"}'))

    server = await asyncio.start_server(refuse, "127.0.0.1")
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(wire.Refused, match="unauthorized"):
            await Listener.joined(port, "nobody", Crowd())


def from_server(payload: bytes) -> bytes:
    """A server's frame: not masked."""
    masked = wire.frame(payload)
    head = masked[: len(masked) - len(payload) - 4]
    return bytes((head[0], head[1] & 0x7F)) + head[2:] + payload
