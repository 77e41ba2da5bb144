"""Reports: who is told, what they see, and that nobody is buried in them."""

from __future__ import annotations

import pytest

from server.errors import Forbidden, Invalid, NotFound, RateLimited
from server.protocol import chat
from server.protocol.notifications import Notification
from server.services.reports import Reports
from server.storage import notifications
from server.storage.database import Database
from server.storage.models import Account
from tests.conftest import People
from tests.fakes import SteppedClock
from tests.services.test_messages import Yard, yard

__all__ = ["yard"]


@pytest.fixture
def reports(db: Database, clock: SteppedClock) -> Reports:
    return Reports(db, clock)


async def report(reports: Reports, yard: Yard, who: int, seq: int, reason: str = "An advertisement") -> None:
    await reports.report(who, chat.ReportMessage(conversation_id=yard.group, seq=seq, reason=reason))


async def inbox(db: Database, account_id: int) -> list[Notification]:
    rows, _ = await db.read(lambda: (notifications.changes_after(account_id, 0, 50), 0))
    return rows


async def test_the_admins_of_the_group_and_of_the_server_are_told(
    yard: Yard, people: People, reports: Reports, db: Database
) -> None:
    [dan] = await people.add("dan")
    await db.write(lambda: Account.update(role="admin").where(Account.id == dan).execute())
    seq = (await yard.send(people["ben"], "Buy tiles!")).seq
    await report(reports, yard, people["cleo"], seq)
    for admin in (people["ana"], dan):
        [row] = await inbox(db, admin)
        assert (row.type, row.url, row.body) == ("system", f"/c/{yard.group}/m/{seq}", "Buy tiles!")
        assert row.data["reason"] == "An advertisement"
    assert row.title == "Cleo reported a message of Ben in Roof repair"
    assert await inbox(db, people["ben"]) == [] == await inbox(db, people["cleo"])
    await report(reports, yard, people["cleo"], seq, "Again")
    [row] = await inbox(db, people["ana"])
    assert (row.count, row.data["actor_count"], row.data["reasons"]) == (2, 1, ["Again", "An advertisement"])
    # Said once more it is no other reason.
    await report(reports, yard, people["cleo"], seq)
    [row] = await inbox(db, people["ana"])
    assert (row.count, row.data["reasons"]) == (3, ["An advertisement", "Again"])


async def test_an_admin_is_not_told_of_reports_about_themselves(
    yard: Yard, people: People, reports: Reports, db: Database
) -> None:
    seq = (await yard.send(people["ana"], "Buy tiles!")).seq
    await report(reports, yard, people["cleo"], seq)
    assert await inbox(db, people["ana"]) == []


async def test_what_cannot_be_reported(yard: Yard, people: People, reports: Reports) -> None:
    [dan] = await people.add("dan")
    seq = (await yard.send(people["ben"], "Buy tiles!")).seq
    with pytest.raises(NotFound):
        await report(reports, yard, dan, seq)
    with pytest.raises(NotFound):
        await report(reports, yard, people["cleo"], 1)
    with pytest.raises(Forbidden, match="your own"):
        await report(reports, yard, people["ben"], seq)
    with pytest.raises(Invalid) as refusal:
        await report(reports, yard, people["cleo"], seq, "  ")
    assert refusal.value.field == "reason"
    await yard.messages.delete(people["ben"], chat.DeleteMessage(conversation_id=yard.group, seq=seq))
    with pytest.raises(Forbidden, match="deleted"):
        await report(reports, yard, people["cleo"], seq)


async def test_so_many_in_an_hour(yard: Yard, people: People, db: Database, clock: SteppedClock) -> None:
    reports = Reports(db, clock, per_hour=2)
    seq = (await yard.send(people["ben"], "Buy tiles!")).seq
    for _ in range(2):
        await report(reports, yard, people["cleo"], seq)
    with pytest.raises(RateLimited) as refusal:
        await report(reports, yard, people["cleo"], seq)
    assert refusal.value.retryable
    assert (refusal.value.retry_after_ms or 0) > 3_000_000
    await report(reports, yard, people["ana"], seq)


async def test_what_was_reported_at_another_worker_counts(
    yard: Yard, people: People, db: Database, clock: SteppedClock
) -> None:
    here, there = Reports(db, clock, per_hour=2), Reports(db, clock, per_hour=2)
    here.on_taken = lambda account_id: there.count(account_id, 1)
    seq = (await yard.send(people["ben"], "Buy tiles!")).seq
    await report(here, yard, people["cleo"], seq)
    await report(there, yard, people["cleo"], seq)
    with pytest.raises(RateLimited):
        await report(there, yard, people["cleo"], seq)
