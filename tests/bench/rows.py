"""What is measured: each row with its peers, its quantities, the lines it fills in the table, and their targets."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from tests.bench import calls, fanout, idle, peers, returning, searches, sends, workers, writers
from tests.bench.peers import Peer, Start
from tests.bench.peers import workers as deployments

Figures = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Every quantity; the command line has an option for each."""

    rounds: int = 3
    seconds: float = 10.0
    """Of each measurement."""
    warm_up: float = 2.0
    members: int = 500
    rate: float = 20.0
    """Messages a second into the room."""
    crowded_rate: float = 1_200.0
    """The same where it is more than anybody can deliver."""
    speakers: int = 32
    """They share the crowded rate: one alone would wait for the disk each time."""
    senders: int = 64
    idle: int = 4_000
    held: int = 10_000
    held_seconds: float = 60.0
    connects: int = 1_000
    callers: int = 50
    returning: int = 1_000
    shared_rate: float = 100.0
    """Messages a second into the room that several workers share."""
    messages: int = 1_000_000
    """There are so many to be searched."""
    searches: int = 2_000


FULL = Sizes()
QUICK = Sizes(seconds=4.0, warm_up=1.0, idle=2_000)
"""For two minutes: memory per connection is the same with half of them."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a line should be: the ratio to Node, or the figure itself."""

    bound: float
    at_least: bool = False
    of_figure: bool = False

    def miss(self, value: float) -> float:
        """By which part of the bound it is missed; 0 when it is met."""
        part = value / self.bound
        return max(0.0, 1 - part if self.at_least else part - 1)

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        return f"{sign} {self.bound:,g}" + ("" if self.of_figure else " x")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table. ``beside`` is the peer of Node's column."""

    figure: str
    label: str
    target: Target | None = None
    beside: str = "node"
    per: float = 1.0
    """The table shows the figure divided by this."""


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement of several peers. ``steady`` is the figure that tells whether Node's round was a usual one."""

    name: str
    title: str
    peers: Mapping[str, Start]
    people: int
    group_size: int
    measure: Callable[[Peer], Coroutine[Any, Any, Figures]]
    lines: tuple[Line, ...]
    steady: str
    rounds: int


def rows(sizes: Sizes) -> dict[str, Row]:
    """Every row by its name, in the order of the table."""
    everything = (_fanout(sizes), _crowded(sizes), _sends(sizes), _idle(sizes), _held(sizes), _calls(sizes))
    return {
        row.name: row for row in (*everything, _returning(sizes), _workers(sizes), _writers(sizes), *_searches(sizes))
    }


def quick(sizes: Sizes) -> dict[str, Row]:
    """The rows with the firmest targets, Madang and Node alone, memory once."""
    return {
        "fanout": _fanout(sizes, with_stock=False),
        "crowded": _crowded(sizes),
        "idle": _idle(sizes, rounds=1, with_stock=False),
    }


def _fanout(sizes: Sizes, with_stock: bool = True) -> Row:
    return Row(
        "fanout",
        f"room of {sizes.members}, {sizes.rate:,g} messages/s",
        _broadcasting(with_stock),
        sizes.members,
        sizes.members,
        lambda peer: fanout.measure(peer, sizes.rate, 1, sizes.seconds, sizes.warm_up),
        (
            Line("cpu_us_per_delivery", "CPU per delivery, us", Target(0.6)),
            Line("deliveries_per_s", "deliveries per second"),
            Line("delay_p50_ms", "delay p50, ms"),
            Line("delay_p99_ms", "delay p99, ms"),
        ),
        "cpu_us_per_delivery",
        sizes.rounds,
    )


def _crowded(sizes: Sizes) -> Row:
    # Stock is left out: it would need ten times the time that there is, and queues the rest in memory.
    return Row(
        "crowded",
        f"room of {sizes.members}, {sizes.crowded_rate:,g} messages/s offered",
        _broadcasting(with_stock=False),
        sizes.members,
        sizes.members,
        lambda peer: fanout.measure(peer, sizes.crowded_rate, sizes.speakers, sizes.seconds, sizes.warm_up),
        (
            Line("deliveries_per_s", "deliveries per second", Target(2.0, at_least=True)),
            Line("deliveries_per_cpu_s", "deliveries per second of CPU", Target(2.0, at_least=True)),
            Line("cpu_us_per_delivery", "CPU per delivery, us"),
            Line("cpu_percent", "the server's own core, %"),
            Line("load_percent", "the load's own core, %"),
        ),
        "deliveries_per_cpu_s",
        sizes.rounds,
    )


def _sends(sizes: Sizes) -> Row:
    return Row(
        "sends",
        f"durable sends, {sizes.senders} senders",
        {"node": peers.node_durable, "madang": peers.madang, "node_normal": peers.node_normal},
        sizes.senders,
        2,
        lambda peer: sends.measure(peer, sizes.seconds, sizes.warm_up),
        (
            Line("sends_per_s", "sends per second, full fsync", Target(5.0, at_least=True)),
            Line("cpu_us_per_send", "CPU per send, us"),
            Line("cpu_us_per_send", "CPU per send, Node with NORMAL, us", Target(0.7), beside="node_normal"),
            Line("answer_p50_ms", "answer p50, ms"),
            Line("answer_p99_ms", "answer p99, ms"),
            Line("half_load_sends_per_s", "sends per second at half load"),
            Line("half_load_p99_ms", "answer p99 at half load, ms", Target(1.0)),
        ),
        "sends_per_s",
        sizes.rounds,
    )


def _idle(sizes: Sizes, rounds: int | None = None, with_stock: bool = True) -> Row:
    return Row(
        "idle",
        f"{sizes.idle:,} idle connections, both namespaces",
        _broadcasting(with_stock),
        sizes.idle + idle.FIRST,
        10,
        idle.memory,
        (
            Line("bytes_per_connection", "memory per connection, kB", Target(12_000, of_figure=True), per=1_000),
            Line("cpu_us_per_connect", "CPU per connection made, us"),
        ),
        "bytes_per_connection",
        rounds or sizes.rounds,
    )


def _held(sizes: Sizes) -> Row:
    return Row(
        "held",
        f"{sizes.held:,} idle connections for {sizes.held_seconds:g} s, with pings",
        {"madang": peers.madang},
        sizes.held,
        10,
        lambda peer: idle.held(peer, sizes.held_seconds),
        (
            Line("cpu_percent", "CPU, % of a core", Target(10.0, of_figure=True)),
            Line("still_there", "still there", Target(sizes.held, at_least=True, of_figure=True)),
            Line("pings_per_s", "pings answered per second"),
            Line("resident_mb", "memory, MB"),
        ),
        "cpu_percent",
        1,
    )


def _calls(sizes: Sizes) -> Row:
    return Row(
        "calls",
        f"connections to /chat, and {sizes.callers} asking",
        _broadcasting(with_stock=True),
        max(sizes.connects, sizes.callers),
        10,
        lambda peer: calls.measure(peer, sizes.callers, sizes.seconds / 2, sizes.warm_up),
        (
            Line("cpu_us_per_connect", "CPU per connection until ready, us"),
            Line("cpu_us_per_call", "CPU per event with answer, us"),
            Line("calls_per_s", "events with answer per second"),
        ),
        "cpu_us_per_call",
        sizes.rounds,
    )


def _returning(sizes: Sizes) -> Row:
    return Row(
        "returning",
        f"{sizes.returning:,} people back at once after a restart",
        {"madang": peers.madang},
        sizes.returning,
        10,
        returning.measure,
        (
            Line("all_ready_s", "all ready, s", Target(10.0, of_figure=True)),
            Line("ready_p50_ms", "ready p50, ms"),
            Line("ready_p99_ms", "ready p99, ms"),
        ),
        "all_ready_s",
        sizes.rounds,
    )


def _workers(sizes: Sizes) -> Row:
    return Row(
        "workers",
        f"room of {sizes.members}, {sizes.shared_rate:,g} messages/s, on PostgreSQL and Redis",
        {"one": deployments.one, "madang": deployments.two},
        sizes.members + workers.ELSEWHERE,
        sizes.members,
        lambda peer: workers.measure(peer, sizes.shared_rate, sizes.seconds, sizes.warm_up),
        (
            Line("cpu_us_per_delivery", "CPU per delivery, two workers beside one, us", Target(1.4), beside="one"),
            Line("deliveries_per_s", "deliveries per second", beside="one"),
            Line(
                "spectator_percent",
                "CPU of a worker without members of it, %",
                Target(1.0, of_figure=True),
                beside="one",
            ),
        ),
        "cpu_us_per_delivery",
        sizes.rounds,
    )


def _writers(sizes: Sizes) -> Row:
    return Row(
        "writers",
        f"durable sends on PostgreSQL, {sizes.senders} senders for each writer",
        {"one": writers.one, "madang": writers.two},
        sizes.senders,
        sizes.senders,
        lambda peer: writers.measure(peer, sizes.seconds),  # type: ignore[arg-type]
        (
            Line("writes_per_s", "sends per second, two writers beside one", Target(1.3, at_least=True), beside="one"),
            Line("cpu_us_per_write", "CPU per send without PostgreSQL's, us", beside="one"),
            Line("answer_p50_ms", "answer p50, ms", beside="one"),
            Line("answer_p99_ms", "answer p99, ms", beside="one"),
        ),
        "writes_per_s",
        sizes.rounds,
    )


def _searches(sizes: Sizes) -> tuple[Row, Row]:
    lines = (
        Line("search_p50_ms", "answer p50, ms"),
        Line("search_p99_ms", "answer p99, ms", Target(100.0, of_figure=True)),
        Line("search_worst_ms", "the worst, ms"),
        Line("with_hits_percent", "searches that found something, %"),
        Line("index_mb", "size of the index, MB"),
        Line("index_s", "time to build it, s"),
    )

    def row(name: str, where: str, start: Start) -> Row:
        return Row(
            name,
            f"{sizes.searches:,} searches in {sizes.messages:,} messages, on {where}",
            {"madang": start},
            searches.PEOPLE,
            searches.PEOPLE,
            lambda peer: searches.measure(peer, sizes.messages, sizes.searches),  # type: ignore[arg-type]
            lines,
            "search_p50_ms",
            1,
        )

    return row("search", "SQLite", searches.on_sqlite), row("search_postgres", "PostgreSQL", searches.on_postgres)


def _broadcasting(with_stock: bool) -> dict[str, Start]:
    common: dict[str, Start] = {"node": peers.node_broadcast, "madang": peers.madang}
    return {**common, "stock": peers.stock} if with_stock else common
