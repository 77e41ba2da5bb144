"""All nemeses, and which of them a run gets: dealt from a shuffled deck, so that none is left out for long."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from server.chaos.nemeses import bus, databases, links, people, processes, proxies
from server.chaos.nemeses.nemesis import Nemesis
from server.chaos.setup import Setup


def _always(setup: Setup) -> bool:
    return True


def _has_several(setup: Setup) -> bool:
    return len(setup.workers) > 1


def _has_sqlite(setup: Setup) -> bool:
    return isinstance(setup.database, Path)


ALL = (
    Nemesis("worker_killed", _always, processes.kill_one),
    Nemesis("all_workers_killed", _has_several, processes.kill_all),
    Nemesis("worker_ended", _always, processes.terminate),
    Nemesis("rolling_restart", _has_several, processes.roll),
    Nemesis("worker_frozen", _always, processes.freeze),
    Nemesis("frozen_in_transaction", lambda setup: setup.postgres is not None, processes.freeze_in_transaction),
    Nemesis("redis_killed", lambda setup: setup.redis is not None, bus.kill),
    Nemesis("redis_frozen", lambda setup: setup.redis is not None, bus.freeze),
    Nemesis("redis_flushed", lambda setup: setup.redis is not None and setup.redis.can_flush, bus.flush),
    Nemesis("subscribers_kicked", lambda setup: setup.redis is not None, bus.kick),
    Nemesis("redis_cut_off_one", lambda setup: setup.one_line is not None, bus.cut_off_one),
    Nemesis("publish_lost", lambda setup: setup.one_line is not None, bus.swallow),
    Nemesis("last_publish_lost", lambda setup: setup.one_line is not None, bus.swallow_last),
    Nemesis(
        "postgres_restarted",
        lambda setup: setup.postgres is not None and setup.postgres.can_restart,
        databases.restart_postgres,
    ),
    Nemesis("backends_ended", lambda setup: setup.postgres is not None, databases.end_backends),
    Nemesis("sqlite_held", _has_sqlite, databases.hold_sqlite),
    Nemesis("disk_full", lambda setup: setup.small_disk is not None, databases.fill_disk),
    Nemesis("no_writing", _has_sqlite, databases.limit_files),
    Nemesis("nginx_reloaded", lambda setup: setup.nginx is not None, proxies.reload),
    Nemesis("nginx_restarted", lambda setup: setup.nginx is not None, proxies.restart),
    Nemesis("line_cut", _always, links.cut),
    Nemesis("line_delayed", _always, links.delay),
    Nemesis("byte_a_second", _always, links.trickle),
    Nemesis("half_open", _always, links.half_open),
    Nemesis("slow_reader", _always, links.stop_reading),
    Nemesis("reconnect_storm", _always, people.storm),
    Nemesis("clock_stepped", lambda setup: setup.clock is not None, people.step_clock),
    Nemesis("last_event_lost", _always, people.lose_last),
)
"""One for each thing that delivery is to outlive."""

NAMES = tuple(nemesis.name for nemesis in ALL)


def possible(setup: Setup) -> list[Nemesis]:
    """Those that can be done to it."""
    return [nemesis for nemesis in ALL if nemesis.can(setup)]


def dealt(setup: Setup, seed: int, count: int) -> list[Nemesis]:
    """So many for the run of that seed. Seeds in a row get all that is possible in turn."""
    deck = possible(setup)
    return [_card(deck, setup.name, number) for number in range(seed * count, (seed + 1) * count)]


def named(names: Sequence[str]) -> list[Nemesis]:
    """Those with these names. Raises KeyError."""
    by_name = {nemesis.name: nemesis for nemesis in ALL}
    return [by_name[name] for name in names]


def _card(deck: Sequence[Nemesis], setup: str, number: int) -> Nemesis:
    shuffled = list(deck)
    random.Random(f"{setup} {number // len(deck)}").shuffle(shuffled)
    return shuffled[number % len(deck)]
