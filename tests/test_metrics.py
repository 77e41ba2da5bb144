"""What a worker counts."""

from __future__ import annotations

import pytest

from server import __version__
from server.metrics import Metrics


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """One number, as Prometheus would read it."""
    return metrics.registry.get_sample_value(name, labels)


def test_commands_are_counted_by_outcome_and_timed(metrics: Metrics) -> None:
    metrics.command("/chat", "send_message", "ok", 0.004)
    metrics.command("/chat", "send_message", "invalid", 0.001)
    same = {"namespace": "/chat", "command": "send_message"}
    assert value(metrics, "madang_commands_total", **same, outcome="ok") == 1
    assert value(metrics, "madang_commands_total", **same, outcome="invalid") == 1
    assert value(metrics, "madang_command_seconds_count", **same) == 2
    assert value(metrics, "madang_command_seconds_sum", **same) == pytest.approx(0.005)


def test_connections_come_and_go(metrics: Metrics) -> None:
    metrics.connected("/chat")
    metrics.connected("/chat")
    metrics.connected("/notifications")
    metrics.disconnected("/chat")
    assert value(metrics, "madang_connections", namespace="/chat") == 1
    assert value(metrics, "madang_connections", namespace="/notifications") == 1


def test_fan_out_and_the_writer_are_counted(metrics: Metrics) -> None:
    metrics.published(3)
    metrics.batch(40, 0.02)
    metrics.batch(1, 0.01)
    assert value(metrics, "madang_entries_published_total") == 3
    assert value(metrics, "madang_write_batch_size_sum") == 41
    assert value(metrics, "madang_write_batch_size_bucket", le="1.0") == 1
    assert value(metrics, "madang_write_batch_seconds_count") == 2


def test_what_others_count_is_read_at_each_look(metrics: Metrics) -> None:
    kept = {"slow": 1}
    metrics.counted("ended", "Ends, by reason.", lambda: kept, "reason")
    metrics.measured("unsent", "Bytes.", lambda: len(kept))
    kept["late"] = 2
    assert value(metrics, "ended_total", reason="slow") == 1
    assert value(metrics, "ended_total", reason="late") == 2
    assert value(metrics, "unsent") == 2


def test_requests_are_counted_by_route(metrics: Metrics) -> None:
    metrics.request("/api/v1/me", "GET", 200, 0.01)
    assert value(metrics, "madang_http_requests_total", route="/api/v1/me", method="GET", status="200") == 1
    assert value(metrics, "madang_http_request_seconds_count", route="/api/v1/me") == 1


def test_two_workers_in_one_process_count_apart(metrics: Metrics) -> None:
    other = Metrics()
    metrics.published()
    assert value(other, "madang_entries_published_total") == 0
    assert f'madang_info{{version="{__version__}"}} 1.0' in other.text().decode()
    assert "process_resident_memory_bytes" in other.text().decode()
