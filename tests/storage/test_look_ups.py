"""The statements behind each message find their rows by an index, however long the tables have grown.

This is SQLite's part; PostgreSQL's is in ``test_postgres_plans.py``.
"""

from collections.abc import Callable
from typing import Any

import pytest

from server.services import cursors
from server.storage import appending, log, membership, models, notifications, receipts, traces
from tests.followers.yard import Yard, yard

__all__ = ["yard"]

pytestmark = pytest.mark.parametrize("place", ["sqlite"], indirect=True)

GROWING = ("message", "entry", "membership", "notification", "mention", "account")


async def plans_of(yard: Yard, work: Callable[[], Any]) -> list[str]:
    """How SQLite finds the rows of every statement that ``work`` runs."""

    def traced() -> list[str]:
        connection: Any = models.database.connection()  # type: ignore[no-untyped-call]
        statements: list[str] = []
        connection.set_trace_callback(statements.append)
        try:
            work()
        finally:
            connection.set_trace_callback(None)
        asked = [text for text in statements if text.split()[0].lower() in ("select", "with", "update", "delete")]
        assert asked
        return [row[3] for text in asked for row in connection.execute(f"explain query plan {text}")]

    return await yard.db.write(traced)


def scans(plans: list[str]) -> list[str]:
    """The steps that read a growing table from end to end."""
    return [step for step in plans if any(step.startswith(f"SCAN {table}") for table in GROWING)]


async def pair(yard: Yard) -> tuple[int, int, int]:
    ana, ben = await yard.person("Ana"), await yard.person("Ben")
    return ana, ben, await yard.direct(ana, ben)


async def test_appending_messages(yard: Yard) -> None:
    ana, ben, direct = await pair(yard)
    pieces: list[appending.Piece] = [
        (sender, appending.Draft(direct, f"client-{sender}", "hello"), 1, lambda *about: None, lambda *about: True)
        for sender in (ana, ben)
    ]
    assert scans(await plans_of(yard, lambda: appending.append_messages(pieces))) == []


async def test_looking_up_memberships(yard: Yard) -> None:
    ana, ben, direct = await pair(yard)
    plans = await plans_of(yard, lambda: membership.memberships([(direct, ana), (direct, ben)]))
    assert scans(plans) == []


async def test_reading_a_conversation(yard: Yard) -> None:
    ana, ben, direct = await pair(yard)
    await yard.say(ana, direct, "@ben hello")
    await yard.notify()
    assert scans(await plans_of(yard, lambda: receipts.mark_read(ben, direct, 1, yard.now()))) == []
    assert scans(await plans_of(yard, lambda: receipts.mark_received(ben, direct, 2, 20))) == []


async def test_tracing_a_message(yard: Yard) -> None:
    ana, ben, direct = await pair(yard)
    seq = await yard.say(ana, direct, "@ben hello")
    await yard.notify()
    plans = await plans_of(yard, lambda: trace(direct, seq, [ben]))
    # The newest rows of each inbox are sorted out of those about this conversation.
    assert scans(plans) == []


def trace(conversation_id: int, seq: int, account_ids: list[int]) -> None:
    """All that is asked for a trace."""
    message = traces.said(conversation_id, seq)
    assert message
    assert traces.counts(conversation_id, message)[0] == 1
    assert traces.reached(conversation_id, message, (-1, -1), 101)
    assert traces.told(conversation_id, seq, account_ids)


async def test_telling_somebody_and_counting(yard: Yard) -> None:
    ana, ben, direct = await pair(yard)
    await yard.say(ana, direct, "@ben hello")
    await yard.notify()
    await yard.say(ana, direct, "@ben are you there?")

    def work() -> None:
        yard.notifier.handle(log.read_after(1, 10))
        notifications.counts(ben)
        notifications.page(ben, "all", cursors.NEWEST, 50)
        notifications.changes_after(ben, 0, 50)

    assert scans(await plans_of(yard, work)) == []
