"""Bugs on purpose: what is worth nothing if the checker does not find it.

Each is a small change of the product's functions, made in a worker's process before it begins
(``tests.faults.worker``), or in the model client; none of it is in the product. ``BUGS`` has them by name, with where
and under which faults they can show.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tests.faults.bugs import of_client, of_delivery, of_storage

Kind = Literal["sqlite", "postgres"]
Names = tuple[str, ...]


def _nothing() -> None: ...


@dataclass(frozen=True, kw_only=True)
class Bug:
    """``plant`` puts it into the process at work, a worker's; ``planted`` into the driver's, while inside."""

    name: str
    on: Kind
    nemeses: Names
    caught_by: Names
    """What is to find it: one of these invariants."""
    plant: Callable[[], None] = _nothing
    planted: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext


def _of_a_worker(plant: Callable[[], None], *, on: Kind, nemeses: Names, caught_by: Names) -> Bug:
    """A bug that has the name of the function which plants it."""
    return Bug(name=plant.__name__, on=on, nemeses=nemeses, caught_by=caught_by, plant=plant)


ALL = (
    _of_a_worker(of_storage.answer_before_commit, on="sqlite", nemeses=("no_writing",), caught_by=("I1",)),
    _of_a_worker(of_storage.no_unique_key, on="postgres", nemeses=("worker_killed",), caught_by=("I2",)),
    _of_a_worker(of_storage.seq_outside_the_lock, on="postgres", nemeses=(), caught_by=("I5",)),
    _of_a_worker(
        of_storage.position_without_its_lock, on="postgres", nemeses=("publish_lost",), caught_by=("I5", "I10")
    ),
    _of_a_worker(of_storage.emit_before_commit, on="sqlite", nemeses=("no_writing",), caught_by=("I3", "I5", "I10")),
    _of_a_worker(
        of_delivery.no_catch_up_after_resubscribe,
        on="postgres",
        nemeses=("last_publish_lost",),
        caught_by=("meanwhile", "I10", "I11"),
    ),
    _of_a_worker(
        of_delivery.no_beacon, on="sqlite", nemeses=("last_event_lost",), caught_by=("meanwhile", "I10", "I11")
    ),
    _of_a_worker(of_storage.mark_without_max, on="sqlite", nemeses=(), caught_by=("I13",)),
    _of_a_worker(of_storage.block_unknown_to_conversations, on="sqlite", nemeses=(), caught_by=("I12",)),
    _of_a_worker(of_delivery.join_after_read, on="sqlite", nemeses=("reconnect_storm",), caught_by=("I10", "I12")),
    # The entry of a removal has to be among those that are lost.
    _of_a_worker(
        of_delivery.removal_only_by_bus, on="postgres", nemeses=("publish_lost", "publish_lost"), caught_by=("I12",)
    ),
    Bug(
        name="client_without_dedupe",
        on="postgres",
        nemeses=("line_cut",),
        caught_by=("I10",),
        planted=of_client.without_dedupe,
    ),
    _of_a_worker(of_storage.dedupe_only_in_memory, on="sqlite", nemeses=("worker_killed",), caught_by=("I2",)),
    _of_a_worker(of_delivery.resume_off_by_one, on="sqlite", nemeses=("line_cut",), caught_by=("I10",)),
    _of_a_worker(of_storage.swallowed_commit_error, on="sqlite", nemeses=("no_writing",), caught_by=("I1",)),
)

BUGS = {bug.name: bug for bug in ALL}

CUT_BUGS = {plant.__name__: plant for plant in (of_storage.answer_before_commit, of_storage.commit_in_pieces)}
"""What shows when a process is killed at some call to its SQLite file."""
