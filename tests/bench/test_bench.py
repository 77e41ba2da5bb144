"""The benchmark runs and says what it is asked for; how fast anything is, no test asserts."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.bench.client import Client, _frame
from tests.bench.measure import medians, percentile_ms
from tests.bench.peers import ROOT

SENDS = {"sends_per_s", "cpu_us_per_send", "answer_p50_ms", "answer_p99_ms"}
FANOUT = {
    "cpu_us_per_delivery",
    "deliveries_per_s",
    "offered_per_s",
    "cpu_percent",
    "delay_p50_ms",
    "delay_p99_ms",
}


def bench(*arguments: str) -> list[dict[str, Any]]:
    """The lines of a very short run."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", *arguments, "--rounds", "1", "--seconds", "0.5", "--warm-up", "0.3"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "fields"),
    [(("sends", "--senders", "4"), SENDS), (("fanout", "--members", "6"), FANOUT)],
    ids=["sends", "fanout"],
)
def test_a_short_run_prints_a_line_for_each_peer_and_the_medians(arguments: tuple[str, ...], fields: set[str]) -> None:
    *rounds, result = bench(*arguments)
    assert [line["peer"] for line in rounds] == ["node", "madang"]
    assert all(line[name] >= 0 for line in rounds for name in fields)
    assert all(line["sends_per_s" if fields is SENDS else "deliveries_per_s"] > 0 for line in rounds)
    assert set(result["medians"]["madang"]) == set(result["medians"]["node"]) == fields
    assert result["ratio_to_node"] >= 0
    assert {"python", "node", "socket.io"} <= set(result["versions"])


def test_middle_and_edge() -> None:
    waits = [number / 1000 for number in range(1, 101)]
    assert (percentile_ms(waits, 50), percentile_ms(waits, 99), percentile_ms([], 50)) == (51.0, 100.0, 0.0)
    assert medians([{"a": 1.0}, {"a": 9.0}, {"a": 2.0}]) == {"a": 2.0}


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1000])
async def test_the_client_counts_frames_however_they_are_cut(piece: int) -> None:
    heard: list[bytes] = []
    client = Client(heard.append)
    packets = [b'42/chat,["message_created",{"text":"%s"}]' % (b"x" * size) for size in (0, 90, 200, 70_000)]
    frames = b"".join(_unmasked(packet) for packet in packets)
    stream = b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + frames
    for start in range(0, len(stream), piece):
        client.data_received(stream[start : start + piece])
    assert heard == packets
    assert client.delivered == 4


def _unmasked(payload: bytes) -> bytes:
    """A server's frame: a client's without mask."""
    frame = _frame(payload, 0x81)
    head = frame[: len(frame) - len(payload) - 4]
    return bytes((head[0], head[1] & 0x7F)) + head[2:] + payload
