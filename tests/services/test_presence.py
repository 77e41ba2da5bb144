"""What people show of themselves and what they hide: read by those who may see it, on a real database."""

from __future__ import annotations

import pytest

from server import records
from server.errors import Invalid
from server.protocol import chat
from server.realtime.everywhere import Everywhere
from server.realtime.online import Connection, Online
from server.realtime.rooms import CHAT
from server.services.members import Members
from server.services.presence import Presence
from server.services.receipts import Receipts
from server.storage import people as shown
from server.storage.database import Database
from tests.conftest import People
from tests.fakes import RecordingPublisher, SteppedClock
from tests.services.test_messages import Yard, yard

__all__ = ["yard"]


class Desk:
    """Presence as the server reads it, with ana connected."""

    def __init__(self, db: Database, clock: SteppedClock, ana: int) -> None:
        self.online = Online(grace_s=0)
        self.presence = Presence(db, Everywhere(self.online), clock)
        self.online.add(Connection("ana", CHAT, ana, 1, 0))

    async def of(self, account_id: int, gone_at: int = 0) -> chat.Presence:
        [found] = await self.presence.of({account_id: gone_at})
        return found


@pytest.fixture
async def desk(db: Database, clock: SteppedClock, yard: Yard, people: People) -> Desk:
    return Desk(db, clock, people["ana"])


async def test_a_status_is_shown_until_its_end_and_nothing_is_written_for_that(
    desk: Desk, clock: SteppedClock, people: People, published: RecordingPublisher
) -> None:
    until = clock() + 60_000
    command = chat.SetStatus(text="  in the   workshop ", emoji="🔨", availability="busy", until=until)
    own = await desk.presence.set_status(people["ana"], command)
    status = chat.Status(text="in the workshop", emoji="🔨", availability="busy", until=until)
    assert own.status == status
    assert await desk.of(people["ana"]) == chat.Presence(account_id=people["ana"], state="busy", status=status)
    told = len(published.facts)
    clock.step(seconds=60)
    assert await desk.of(people["ana"]) == chat.Presence(account_id=people["ana"], state="online")
    assert len(published.facts) == told


async def test_a_status_is_shown_while_somebody_is_offline_and_busy_is_not(desk: Desk, people: People) -> None:
    await desk.presence.set_status(people["ben"], chat.SetStatus(text="on holiday", availability="busy"))
    ben = await desk.of(people["ben"], gone_at=5)
    assert (ben.state, ben.last_seen_at) == ("offline", 5)
    assert ben.status == chat.Status(text="on holiday", availability="busy")


async def test_a_new_status_replaces_all_of_the_old_one(
    desk: Desk, people: People, published: RecordingPublisher
) -> None:
    await desk.presence.set_status(people["ana"], chat.SetStatus(text="lunch", emoji="🍚", availability="away"))
    assert (await desk.of(people["ana"])).state == "away"
    for _ in range(2):
        await desk.presence.set_status(people["ana"], chat.SetStatus())
    assert await desk.of(people["ana"]) == chat.Presence(account_id=people["ana"], state="online")
    # The second time nothing changed, and nobody is told.
    assert len(published.of(records.StatusChanged)) == 2


@pytest.mark.parametrize(
    ("command", "field"),
    [
        ({"text": "\u200e"}, "text"),
        ({"emoji": "no"}, "emoji"),
        ({"text": "lunch", "until": 1}, "until"),
    ],
)
async def test_a_status_that_makes_no_sense_is_refused(desk: Desk, people: People, command: dict, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await desk.presence.set_status(people["ana"], chat.SetStatus(**command))
    assert refused.value.field == field
    assert (await desk.of(people["ana"])).status is None


async def test_when_somebody_was_here_is_kept_and_can_be_hidden(
    db: Database, desk: Desk, clock: SteppedClock, people: People
) -> None:
    await desk.presence.remember(people["ben"], clock())
    assert (await desk.of(people["ben"])).last_seen_at == clock()
    await hide(db, clock, people["ben"], last_seen=True)
    assert await desk.of(people["ben"], gone_at=clock()) == chat.Presence(account_id=people["ben"], state="offline")


async def test_whoever_hides_how_far_they_read_is_not_told_of_and_not_told(
    db: Database, yard: Yard, clock: SteppedClock, people: People, published: RecordingPublisher
) -> None:
    ana, ben, cleo = people["ana"], people["ben"], people["cleo"]
    await hide(db, clock, ben, receipts=True)
    [told] = published.of(records.PrivacyChanged)
    assert (told.hides_receipts, told.conversation_ids) == (True, (yard.group,))
    said = await yard.send(ana, "The roses are out")
    receipts = Receipts(db, clock)
    await receipts.mark_received(ben, chat.MarkReceived(conversation_id=yard.group, seq=said.seq))
    for reader in (ben, cleo):
        await receipts.mark_read(reader, chat.MarkRead(conversation_id=yard.group, seq=said.seq))
    assert [mark.account_id for mark in published.of(records.ReadMark)] == [cleo]
    assert published.of(records.ReceivedMark) == []
    # His own devices share the mark.
    own = [fact.account_id for fact in published.of(records.AccountChange) if fact.event == "receipt"]
    assert own == [ben, cleo]
    assert await marks(db, clock, yard.group, ana) == {ana: said.seq, ben: None, cleo: said.seq}
    assert await marks(db, clock, yard.group, ben) == {ana: None, ben: said.seq, cleo: None}
    await hide(db, clock, ben, receipts=False)
    assert await marks(db, clock, yard.group, ana) == dict.fromkeys((ana, ben, cleo), said.seq)


async def hide(db: Database, clock: SteppedClock, who: int, **what: bool) -> None:
    await db.write(shown.set_privacy, who, what.get("last_seen"), what.get("receipts"), 20, clock())


async def marks(db: Database, clock: SteppedClock, group: int, viewer: int) -> dict[int, int | None]:
    """How far everybody has read, as one of them is shown it."""
    page = await Members(db, clock).list(viewer, chat.ListMembers(conversation_id=group))
    assert all((one.read_seq is None) == (one.received_seq is None) for one in page.members)
    return {one.account.id: one.read_seq for one in page.members}
