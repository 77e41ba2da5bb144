"""Those who see a person are told at once, once, and no more than they may know."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import pytest

from server import records
from server.clock import now
from server.protocol import chat
from server.realtime import gathering
from server.realtime.online import Online, Privacy
from server.realtime.rooms import conversation_room
from server.realtime.watchers import Watchers
from tests.realtime.room_book import RoomBook, connect

ANA, BEN, CLEO = 1, 2, 3
GROUP = 7


class Yard:
    """Everybody has a device here; what they show is in ``shown``."""

    def __init__(self) -> None:
        self.book = RoomBook()
        self.online = Online()
        self.shown: dict[int, chat.Presence] = {}
        self.read: list[list[int]] = []
        self.failures = 0
        self.watchers = Watchers(self.book, self.online, self.presences, now)
        self.ana, self.ben, self.cleo = [
            connect(self.book, self.online, account_id, sid)
            for account_id, sid in ((ANA, "ana"), (BEN, "ben"), (CLEO, "cleo"))
        ]
        self.book.rooms[conversation_room(GROUP)] = {"ana", "ben", "cleo"}

    async def presences(self, gone_at: Mapping[int, int]) -> list[chat.Presence]:
        self.read.append(list(gone_at))
        if self.failures:
            self.failures -= 1
            raise OSError("the database is away")
        return [self.shown.get(one, chat.Presence(account_id=one, state="online")) for one in gone_at]

    def told(self, event: str = "presence") -> list[str]:
        """Who has heard of it, in order."""
        return [sid for sid in ("ana", "ben", "cleo") for heard in self.book.heard[sid] if heard == event]

    async def hears(self, event: str, times: int = 1) -> None:
        await self.book.until(lambda: len(self.told(event)) >= times)


@pytest.fixture
async def yard() -> AsyncIterator[Yard]:
    yard = Yard()
    yield yard
    await yard.watchers.stop()
    yard.online.close()


def gone(last_seen_at: int) -> chat.Presence:
    return chat.Presence(account_id=BEN, state="offline", last_seen_at=last_seen_at)


async def test_only_watchers_are_told_and_nobody_is_read_whom_nobody_watches(yard: Yard) -> None:
    assert await yard.watchers.watch(yard.ana, [BEN]) == [chat.Presence(account_id=BEN, state="online")]
    yard.read.clear()
    for account_id in (CLEO, BEN, BEN):
        yard.watchers.changed(account_id)
    await yard.hears("presence")
    assert (yard.told(), yard.read) == (["ana"], [[BEN]])
    await yard.watchers.watch(yard.ana, [CLEO])
    yard.watchers.changed(BEN)
    yard.watchers.changed(CLEO)
    await yard.hears("presence", 2)
    assert yard.told() == ["ana", "ana"]


async def test_whoever_hides_when_they_were_here_is_not_told_it_of_others(yard: Yard) -> None:
    yard.shown[BEN] = gone(1000)
    yard.online.set_privacy(yard.cleo, Privacy(1, hides_last_seen=True))
    assert [one.last_seen_at for one in await yard.watchers.watch(yard.ana, [BEN])] == [1000]
    assert [one.last_seen_at for one in await yard.watchers.watch(yard.cleo, [BEN])] == [None]
    # Ana hides it too, Cleo shows it again; an older change that comes late changes nothing.
    await yard.watchers.hear(records.PrivacyChanged(ANA, 5, True, False, ()))
    await yard.watchers.hear(records.PrivacyChanged(CLEO, 5, False, False, ()))
    await yard.watchers.hear(records.PrivacyChanged(CLEO, 4, True, False, ()))
    yard.watchers.changed(BEN, gone_at=1000)
    await yard.hears("presence", 2)
    told = {room: body.last_seen_at for event, body, room in yard.book.emitted if event == "presence"}
    seen = {sid: told[room] for room in told for sid in yard.book.rooms[room]}
    assert seen == {"ana": None, "cleo": 1000}


async def test_the_end_of_a_status_is_told(yard: Yard) -> None:
    yard.shown[BEN] = chat.Presence(account_id=BEN, state="busy", status=chat.Status(text="lunch", until=now() + 50))
    await yard.watchers.watch(yard.ana, [BEN])
    del yard.shown[BEN]
    await yard.hears("presence")
    assert next(body.state for event, body, _ in yard.book.emitted if event == "presence") == "online"


async def test_what_could_not_be_read_is_told_when_it_can(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "AGAIN_S", 0.01)
    await yard.watchers.watch(yard.ana, [BEN])
    yard.failures = 2
    yard.watchers.changed(BEN)
    await yard.hears("presence")
    assert yard.failures == 0


async def test_a_new_face_is_told_to_everybody_in_the_conversations_and_to_watchers(yard: Yard) -> None:
    for name in (b'{"name":1}', b'{"name":2}', b'{"name":3}'):
        await yard.watchers.hear(records.FaceChanged(BEN, name, (GROUP, 8)))
    await yard.hears("person_changed", 3)
    assert yard.told("person_changed") == ["ana", "ben", "cleo"]
    assert bytes(yard.book.emitted[0][1]["account"]) == b'{"name":3}'


async def test_marks_that_come_or_go_are_told_to_the_others_of_small_conversations(yard: Yard) -> None:
    await yard.watchers.hear(records.PrivacyChanged(BEN, 5, False, True, (GROUP,)))
    assert yard.told("receipts_changed") == ["ana", "cleo"]
    assert yard.online.without_receipts == {"ben"}
    yard.online.remove("ben")
    assert yard.online.without_receipts == set()
