"""What a worker counts, for Prometheus; a registry of its own, so that two apps in one process do not mix."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from server import __version__

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

Read = Callable[[], float | Mapping[str, float]]

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500)


class Metrics:
    """The counters of one worker.

    Safe to call from any thread, but for ``command``. Labels come from our own tables, never from a peer, so that
    their number is bounded.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        version = Gauge("madang_info", "This version of Madang.", ["version"], registry=self.registry)
        version.labels(__version__).set(1)
        self._commands = _Commands()
        self.registry.register(self._commands)
        self._connections = Gauge(
            "madang_connections", "Sockets joined to a namespace.", ["namespace"], registry=self.registry
        )
        self._published = Counter("madang_entries_published", "Entries handed to fan-out.", registry=self.registry)
        self._batch_size = Histogram(
            "madang_write_batch_size",
            "Pieces of work in one transaction of the writer.",
            buckets=_SIZES,
            registry=self.registry,
        )
        self._batch_seconds = Histogram(
            "madang_write_batch_seconds",
            "One transaction of the writer, the commit included.",
            buckets=_QUICK,
            registry=self.registry,
        )
        self._requests = Counter(
            "madang_http_requests", "HTTP requests answered.", ["route", "method", "status"], registry=self.registry
        )
        self._request_seconds = Histogram(
            "madang_http_request_seconds",
            "From an HTTP request's arrival to the end of its answer.",
            ["route"],
            buckets=_QUICK,
            registry=self.registry,
        )

    def command(self, namespace: str, name: str, outcome: str, seconds: float) -> None:
        """A command was answered; ``name`` is one from the table, ``unknown`` for all others. From one thread only."""
        self._commands.count(namespace, name, outcome, seconds)

    def connected(self, namespace: str) -> None:
        """A socket joined."""
        self._connections.labels(namespace).inc()

    def disconnected(self, namespace: str) -> None:
        """A socket left."""
        self._connections.labels(namespace).dec()

    def published(self, count: int = 1) -> None:
        """Entries went to fan-out."""
        self._published.inc(count)

    def batch(self, size: int, seconds: float) -> None:
        """The writer committed ``size`` pieces of work."""
        self._batch_size.observe(size)
        self._batch_seconds.observe(seconds)

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """An HTTP request was answered; ``route`` is the pattern of its path."""
        self._requests.labels(route, method, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def counted(self, name: str, sentence: str, read: Read, label: str | None = None) -> None:
        """Shows what somebody else counts: ``read()`` is a number, or numbers by ``label``. They only grow."""
        self.registry.register(_Others(CounterMetricFamily, name, sentence, read, label))

    def measured(self, name: str, sentence: str, read: Read, label: str | None = None) -> None:
        """The same for what goes up and down."""
        self.registry.register(_Others(GaugeMetricFamily, name, sentence, read, label))

    def text(self) -> bytes:
        """Everything counted so far, as Prometheus reads it; send it as ``CONTENT_TYPE``."""
        return generate_latest(self.registry)


class _Commands(Collector):
    """Commands by outcome, and how long they took: counted with plain numbers, at a third of the library's cost."""

    def __init__(self) -> None:
        self._outcomes: dict[tuple[str, str, str], int] = {}
        self._times: dict[tuple[str, str], tuple[list[int], list[float]]] = {}

    def count(self, namespace: str, name: str, outcome: str, seconds: float) -> None:
        """One more."""
        key = namespace, name, outcome
        self._outcomes[key] = self._outcomes.get(key, 0) + 1
        times = self._times.get((namespace, name))
        if times is None:
            times = self._times[namespace, name] = ([0] * (len(_QUICK) + 1), [0.0])
        times[0][bisect_left(_QUICK, seconds)] += 1
        times[1][0] += seconds

    def collect(self) -> Iterator[Metric]:
        """The numbers now."""
        outcomes = CounterMetricFamily(
            "madang_commands",
            "Commands answered, by outcome: ok, or the code of the refusal.",
            labels=["namespace", "command", "outcome"],
        )
        for key, number in sorted(self._outcomes.items()):
            outcomes.add_metric(key, number)
        yield outcomes
        seconds = HistogramMetricFamily(
            "madang_command_seconds", "From a command's arrival to its reply.", labels=["namespace", "command"]
        )
        for about, (counts, [total]) in sorted(self._times.items()):
            bounds = [*(str(bound) for bound in _QUICK), "+Inf"]
            seconds.add_metric(about, list(zip(bounds, accumulate(counts), strict=True)), total)
        yield seconds


class _Others(Collector):
    """Reads at each scrape what somebody else counts."""

    def __init__(
        self,
        family: type[CounterMetricFamily | GaugeMetricFamily],
        name: str,
        sentence: str,
        read: Read,
        label: str | None,
    ) -> None:
        self._family = family
        self._about = (name, sentence)
        self._read = read
        self._label = label

    def describe(self) -> list[CounterMetricFamily | GaugeMetricFamily]:
        """The name, for the registry; nothing is read."""
        return [self._family(*self._about)]

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """The numbers now."""
        now = self._read()
        family = self._family(*self._about, labels=[self._label] if self._label else None)
        for value, number in sorted(now.items()) if isinstance(now, Mapping) else [(None, now)]:
            family.add_metric([value] if value is not None else [], number)
        yield family
