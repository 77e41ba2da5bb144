"""The statements behind each message find their rows by an index, however long the tables have grown.

This is SQLite's part; PostgreSQL's is in ``test_postgres_plans.py``.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest

from server.protocol import chat
from server.services import cursors, policy
from server.services.contacts import Contacts
from server.storage import appending, contacts, log, membership, models, notifications, receipts, traces
from tests.followers.yard import Yard, yard

__all__ = ["yard"]

pytestmark = pytest.mark.parametrize("place", ["sqlite"], indirect=True)

GROWING = ("message", "entry", "membership", "notification", "mention", "account")


async def asked_by(yard: Yard, work: Callable[[], Any]) -> list[tuple[str, list[str]]]:
    """Every statement that ``work`` runs, with how SQLite finds its rows."""

    def traced() -> list[tuple[str, list[str]]]:
        connection: Any = models.database.connection()  # type: ignore[no-untyped-call]
        statements: list[str] = []
        connection.set_trace_callback(statements.append)
        try:
            work()
        finally:
            connection.set_trace_callback(None)
        asked = [text for text in statements if text.split()[0].lower() in ("select", "with", "update", "delete")]
        assert asked
        return [(text, [row[3] for row in connection.execute(f"explain query plan {text}")]) for text in asked]

    return await yard.db.write(traced)


async def plans_of(yard: Yard, work: Callable[[], Any]) -> list[str]:
    """How SQLite finds the rows of every statement that ``work`` runs."""
    return [step for _, plan in await asked_by(yard, work) for step in plan]


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


async def test_blocks_and_disabled_accounts_cost_a_message_no_statement(yard: Yard) -> None:
    ana, ben, direct = await pair(yard)
    cleo, dan = await yard.person("Cleo"), await yard.person("Dan")
    answers: list[Any] = []

    def say() -> None:
        draft = appending.Draft(direct, f"client-{len(answers)}", "hello")
        reach = policy.may_reach("everyone")
        piece = (ana, draft, 1, lambda conversation, _: reach(conversation.direct_state), lambda *about: True)
        answers.extend(appending.append_messages([piece]))

    async def asked() -> list[list[str]]:
        """The statements behind a message after something has changed, and behind the next one."""
        return [[text for text, _ in await asked_by(yard, say)] for _ in range(2)]

    await asked()  # the first words have more to do
    await yard.person("Eun")
    before = await asked()
    rules = Contacts(yard.db, yard.now, lambda account_id: None)
    for one, other in ((ana, cleo), (cleo, ben), (ben, dan)):
        await rules.block(one, chat.WithPerson(account_id=other))
    await yard.db.write(contacts.disable, dan, 1)
    after = await asked()
    assert [len(texts) for texts in after] == [len(texts) for texts in before]
    await rules.block(ben, chat.WithPerson(account_id=ana))
    refused = await asked()
    assert max(len(texts) for texts in refused) <= len(before[0])
    every = [text for texts in (*before, *after, *refused) for text in texts]
    assert not [text for text in every if re.search(r"\b(from|join|update) \"?(contact|account)\b", text)]
    assert [type(answer).__name__ for answer in answers] == [*["MessageSent"] * 6, *["Forbidden"] * 2]


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
