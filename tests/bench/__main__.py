"""Prints what Madang does beside Node's Socket.IO, as JSON lines: one for each round and peer, then the medians.

    python -m tests.bench sends         durable sends per second
    python -m tests.bench fanout        CPU per delivered message
    python -m tests.bench               both

The server runs on the first core and the load on the last; the peers take turns. Needs Linux.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tests.bench import fanout, sends
from tests.bench.measure import medians
from tests.bench.peers import LOAD_CORE, ROOT, Peer, versions

Start = Callable[[Path, int, int], AbstractContextManager[Peer]]
Measure = Callable[[Peer], Coroutine[Any, Any, dict[str, float]]]


def main(arguments: list[str] | None = None) -> None:
    """Runs what the command line asks for."""
    options = _options(arguments)
    if not sys.platform.startswith("linux"):
        raise SystemExit("The benchmark pins processes to cores and reads /proc: it needs Linux.")
    used = versions()
    os.sched_setaffinity(0, {LOAD_CORE})
    if options.bench in ("sends", "all"):
        seconds = options.seconds or 8
        settings = {"senders": options.senders, "conversation_size": sends.GROUP_SIZE, "seconds": seconds}
        _compare(
            "sends",
            sends.PEERS,
            (options.senders, sends.GROUP_SIZE),
            lambda peer: sends.measure(peer, seconds, options.warm_up),
            sends.HEADLINE,
            options.rounds,
            settings | {"versions": used},
        )
    if options.bench in ("fanout", "all"):
        seconds = options.seconds or 10
        settings = {"members": options.members, "messages_per_s": options.rate, "seconds": seconds}
        _compare(
            "fanout",
            fanout.PEERS,
            (options.members, options.members),
            lambda peer: fanout.measure(peer, seconds, options.warm_up, options.rate),
            fanout.HEADLINE,
            options.rounds,
            settings | {"versions": used},
        )


def _compare(
    name: str,
    peers: Mapping[str, Start],
    crowd: tuple[int, int],
    measure: Measure,
    headline: str,
    rounds: int,
    settings: dict[str, Any],
) -> None:
    """Lets the peers take turns, so that what disturbs the machine disturbs all of them."""
    figures: dict[str, list[dict[str, float]]] = {peer: [] for peer in peers}
    for number in range(1, rounds + 1):
        for peer, start in peers.items():
            with tempfile.TemporaryDirectory(dir=_disk()) as folder, start(Path(folder), *crowd) as running:
                found = asyncio.run(measure(running))
            figures[peer].append(found)
            _print(bench=name, round=number, peer=peer, **found)
    middle = {peer: medians(found) for peer, found in figures.items()}
    # Of the same round: what disturbed one of the two has probably disturbed the other.
    ratios = [
        round(ours[headline] / max(theirs[headline], 1e-9), 3)
        for ours, theirs in zip(figures["madang"], figures["node"], strict=True)
    ]
    median = statistics.median(ratios)
    _print(bench=name, result=headline, ratio_to_node=median, ratios=ratios, rounds=rounds, medians=middle, **settings)


def _disk() -> Path:
    """A folder on the project's own disk: /tmp may lie in memory, where syncing costs nothing and proves nothing."""
    folder = ROOT / "build" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _print(**line: Any) -> None:
    print(json.dumps(line), flush=True)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Madang beside Node's Socket.IO.")
    parser.add_argument("bench", nargs="?", choices=["sends", "fanout", "all"], default="all")
    parser.add_argument("--seconds", type=float, help="of each measurement (8 for sends, 10 for fanout)")
    parser.add_argument("--warm-up", type=float, default=2.0, help="seconds before each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--senders", type=int, default=64, help="people who send, one message in flight each")
    parser.add_argument("--members", type=int, default=500, help="people in the room")
    parser.add_argument("--rate", type=float, default=20.0, help="messages a second into the room")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
