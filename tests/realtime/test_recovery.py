"""Who gets their session back, and with what: pids nobody can make up, bounds met exactly, offsets of both kinds."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from server.engine import Missed, Recalled
from server.engine.outflow import Parcel
from server.engine.packets import EVENT, encode
from server.protocol.notifications import Notification
from server.realtime import offsets, passes, recovery
from server.realtime.online import Connection, Online
from server.realtime.passes import Pass
from server.realtime.recovery import GOOD_FOR_MS, MOST, MOST_BYTES, MOST_POLLED, Gap, LogRecovery
from server.realtime.rooms import CHAT, NOTIFICATIONS
from server.records import Entry
from server.transport.sockets import LIMITS
from tests.engine.running import eventually
from tests.fakes import SteppedClock

ANA, PHONE = 7, 70
EPOCH, KEY = "c0ffee00c0ffee00", b"k" * 32
START = 100


class Yard:
    """ana's phone, a log and an inbox that a test fills, and what was asked of them."""

    def __init__(self, clock: SteppedClock, epoch: str = EPOCH, key: bytes = KEY) -> None:
        self.online = Online()
        self.recovery = LogRecovery(self.online, clock)
        self.recovery.start(epoch, key, Gap(self.entries, self.notifications))
        self.log: Sequence[Entry] = []
        self.inbox: Sequence[Notification] = []
        self.asked: list[tuple[int, ...]] = []
        self.fails = False

    async def entries(self, account_id: int, after: int, limit: int, characters: int) -> Sequence[Entry] | None:
        self.asked.append((account_id, after, limit, characters))
        if self.fails:
            raise OSError("the disk is gone")
        found = [entry for entry in self.log if entry.position > after]
        return found if len(found) <= limit else None

    async def notifications(self, account_id: int, after_seq: int, limit: int) -> Sequence[Notification] | None:
        self.asked.append((account_id, after_seq, limit))
        found = [row for row in self.inbox if row.seq > after_seq]
        return found if len(found) <= limit else None

    async def pid(self, namespace: str = CHAT, *, start: int = START, held: Sequence[Parcel] = ()) -> str:
        """What ana's phone is told when it joins."""
        self.online.add(Connection("sid", namespace, ANA, PHONE, 0, start=start))
        member: Any = SimpleNamespace(sid="sid", namespace=namespace, pid=None, held=held)
        pid = await self.recovery.remember(member)
        self.online.remove("sid")
        assert pid is not None
        return pid

    async def returns(
        self,
        offset: object = None,
        pid: str | None = None,
        namespace: str = CHAT,
        *,
        who: tuple[int, int] = (ANA, PHONE),
        is_polled: bool = False,
    ) -> list[Missed] | None:
        """What the phone gets that comes back; None when it starts over."""
        recalled = await self.recovery.recall(namespace, pid or await self.pid(namespace))
        if recalled is None:
            return None
        assert await self.recovery.replay(recalled, None) is None, "nothing has been read"
        if not await self.recovery.read(recalled, offset, *who, is_polled=is_polled):
            assert await self.recovery.replay(recalled, None) is None
            return None
        return await self.recovery.replay(recalled, None)


@pytest.fixture
def yard(clock: SteppedClock) -> Yard:
    return Yard(clock)


def entry(position: int, data: bytes = b"{}") -> Entry:
    return Entry(position, 1, position, "message_created", ANA, 1, data)


def notification(seq: int, **changed: Any) -> Notification:
    plain = Notification(
        id=seq, seq=seq, type="mention", group="g", title="t", body="b", url="/", created_at=1, count=1, data={}
    )
    return msgspec.structs.replace(plain, **changed)


def places(missed: list[Missed] | None) -> list[str | None] | None:
    return None if missed is None else [one.offset for one in missed]


# What comes back


async def test_what_followed_the_offset_as_it_was_told(yard: Yard) -> None:
    yard.log = [entry(101, b'{"text":"\xec\x95\x88\xeb\x85\x95"}'), entry(105)]
    missed = await yard.returns(f"{EPOCH}-100")
    assert missed is not None
    assert [one.event for one in missed] == ["message_created"] * 2
    body, offset = missed[0].arguments
    assert json.loads(bytes(body)) == {
        **{"conversation_id": 1, "seq": 101, "kind": "message_created", "actor_id": ANA, "at": 1},
        "data": {"text": "안녕"},
    }
    assert offset == f"{EPOCH}-101"
    assert places(await yard.returns(f"{EPOCH}-101")) == [f"{EPOCH}-105"]
    assert await yard.returns(f"{EPOCH}-105") == []
    assert yard.asked[0] == (ANA, 100, MOST, MOST_BYTES)
    assert yard.recovery.outcomes == {"recovered": 3}


async def test_without_an_offset_it_counts_from_where_they_began(yard: Yard) -> None:
    yard.log = [entry(100), entry(101)]
    assert places(await yard.returns()) == [f"{EPOCH}-101"]


async def test_an_offset_of_the_session_before_counts_from_where_they_began(yard: Yard) -> None:
    yard.log = [entry(50), entry(101)]
    assert places(await yard.returns(f"{EPOCH}-40")) == [f"{EPOCH}-101"]


async def test_an_offset_that_says_at_least(yard: Yard) -> None:
    yard.log = [entry(120), entry(121)]
    assert places(await yard.returns(f"{EPOCH}-120+")) == [f"{EPOCH}-121"]


@pytest.mark.parametrize(
    "offset",
    ["", "-", "120", f"{EPOCH}-", f"{EPOCH}-x", f"{EPOCH}-1_0", f"{EPOCH}--3", f"{EPOCH}-1e3", f"{EPOCH}-٣",
     f"{EPOCH}-+", f"{EPOCH}-12++", f"{EPOCH}-{'9' * 19}", "deadbeef-120", f"{EPOCH}120", 120, True, ["x"], {"a": 1}],
)  # fmt: skip
async def test_an_offset_that_is_none_of_ours(yard: Yard, offset: object) -> None:
    assert await yard.returns(offset) is None
    assert yard.recovery.outcomes == {"not our offset": 1}
    assert not yard.asked


async def test_what_cannot_be_read_costs_the_recovery_and_no_more(yard: Yard) -> None:
    yard.fails = True
    assert await yard.returns() is None
    assert yard.recovery.outcomes == {"failed": 1}


async def test_what_was_told_meanwhile_is_known_whatever_its_offset_says(yard: Yard) -> None:
    yard.log = [entry(101), entry(105)]
    recalled = await yard.recovery.recall(CHAT, await yard.pid())
    assert recalled is not None
    assert await yard.recovery.read(recalled, None, ANA, PHONE, is_polled=False)

    def told(seq: int, conversation_id: int = 1) -> list[Any]:
        return ["message_created", {"conversation_id": conversation_id, "seq": seq, "data": {}}, f"{EPOCH}-90+"]

    known = [told(seq) for seq in (101, 105, 106)] + [told(101, 2)]
    assert [yard.recovery.repeats(recalled, one) for one in known] == [True, True, False, False]


async def test_what_is_read_is_told_to_the_rooms_before_they_are_let_in(yard: Yard) -> None:
    waited_for: list[int] = []
    told = asyncio.Event()

    async def until_told(position: int) -> None:
        waited_for.append(position)
        await told.wait()

    yard.recovery.until_told = until_told
    yard.log = [entry(101), entry(105)]
    returning = asyncio.create_task(yard.returns())
    await eventually(lambda: waited_for)
    await asyncio.sleep(0)
    assert not returning.done()
    told.set()
    assert places(await returning) == [f"{EPOCH}-101", f"{EPOCH}-105"]
    await yard.returns(namespace=NOTIFICATIONS)
    assert waited_for == [105, 0]


async def test_whoever_would_hear_it_twice_starts_over(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(position: int) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(recovery, "SOON_S", 0.01)
    yard.recovery.until_told = never
    yard.log = [entry(101)]
    assert await yard.returns() is None
    assert yard.recovery.outcomes == {"failed": 1}
    yard.recovery.is_alone = False
    assert places(await yard.returns()) == [f"{EPOCH}-101"], "among several it may come again"


# Bounds


@pytest.mark.parametrize(("is_polled", "most"), [(False, MOST), (True, MOST_POLLED)])
async def test_so_many_and_not_one_more(yard: Yard, is_polled: bool, most: int) -> None:
    yard.log = [entry(START + number) for number in range(1, most + 2)]
    assert await yard.returns(is_polled=is_polled) is None
    missed = await yard.returns(f"{EPOCH}-{START + 1}", is_polled=is_polled)
    assert missed is not None
    assert len(missed) == most
    assert yard.recovery.outcomes == {"too much": 1, "recovered": 1}


async def test_so_many_bytes_and_not_one_more(yard: Yard) -> None:
    yard.log = [entry(101), entry(102)]
    missed = await yard.returns()
    assert missed is not None
    size = sum(len(bytes(one.arguments[0])) for one in missed)
    # A letter of three bytes: characters are not what counts.
    room = MOST_BYTES - size
    text = "마" * (room // 3) + "x" * (room % 3)
    yard.log = [entry(101), entry(102, f'"{text}"'.encode())]
    missed = await yard.returns()
    assert missed is not None
    assert sum(len(bytes(one.arguments[0])) for one in missed) == MOST_BYTES
    yard.log = [entry(101), entry(102, f'"{text}x"'.encode())]
    assert await yard.returns() is None


# Who comes back


async def test_a_pid_is_for_its_namespace(yard: Yard) -> None:
    assert await yard.returns(pid=await yard.pid(NOTIFICATIONS)) is None
    assert yard.recovery.outcomes == {"not our pid": 1}


@pytest.mark.parametrize("who", [(ANA + 1, PHONE), (ANA, PHONE + 1), (PHONE, ANA)])
async def test_a_pid_is_for_its_account_and_session(yard: Yard, who: tuple[int, int]) -> None:
    assert await yard.returns(who=who) is None
    assert yard.recovery.outcomes == {"another session": 1}
    assert not yard.asked


async def test_a_pid_is_good_for_a_day(yard: Yard, clock: SteppedClock) -> None:
    pid = await yard.pid()
    clock.step(ms=GOOD_FOR_MS - 1)
    assert await yard.returns(pid=pid) == []
    clock.step(ms=1)
    assert await yard.returns(pid=pid) is None
    assert yard.recovery.outcomes == {"recovered": 1, "too old": 1}


async def test_a_pid_of_another_epoch(yard: Yard, clock: SteppedClock) -> None:
    restored = Yard(clock, epoch="0ther000epoch000")
    assert await restored.returns(pid=await yard.pid()) is None
    assert restored.recovery.outcomes == {"another epoch": 1}


async def test_a_pid_of_another_worker_and_of_the_run_before(yard: Yard, clock: SteppedClock) -> None:
    other = Yard(clock)
    other.log = [entry(101)]
    assert places(await other.returns(pid=await yard.pid())) == [f"{EPOCH}-101"]


async def test_a_pid_of_another_deployment(yard: Yard, clock: SteppedClock) -> None:
    assert await Yard(clock, key=b"o" * 32).returns(pid=await yard.pid()) is None


async def test_no_letter_of_a_pid_can_be_changed(yard: Yard) -> None:
    pid = await yard.pid()
    for place in range(len(pid)):
        for letter in {"A", "B", "_", "-", "=", " ", "é", ""} - {pid[place]}:
            assert await yard.recovery.recall(CHAT, pid[:place] + letter + pid[place + 1 :]) is None
    for other in (pid + "A", pid + "=", pid[:-1], "A" + pid, "x", "=", "\0", "é", pid.replace("-", "+"), pid * 2):
        if other != pid:
            assert await yard.recovery.recall(CHAT, other) is None
    assert isinstance(await yard.recovery.recall(CHAT, pid), Recalled)


async def test_what_is_signed_and_is_no_pass(yard: Yard) -> None:
    def signed(body: bytes) -> str:
        signature = passes.hmac.digest(KEY, body, "sha256")
        return base64.urlsafe_b64encode(body + signature).decode().rstrip("=")

    for body in (b"", b"\x90", msgspec.msgpack.encode(["/chat", EPOCH, 1, 2]), b"\xc1", msgspec.msgpack.encode({})):
        assert await yard.recovery.recall(CHAT, signed(body)) is None


def test_a_pid_is_short_and_names_nobody_twice() -> None:
    def new() -> str:
        return passes.signed(
            KEY, Pass.new(NOTIFICATIONS, EPOCH, account_id=2**40, session_id=2**40, start=2**40, issued_at=2**42)
        )

    assert len({new() for _ in range(100)}) == 100
    assert len(new()) < 200


async def test_whoever_was_recovered_keeps_their_pid(yard: Yard) -> None:
    yard.online.add(Connection("sid", CHAT, ANA, PHONE, 0))
    member: Any = SimpleNamespace(sid="sid", namespace=CHAT, pid="theirs", held=None)
    assert await yard.recovery.remember(member) is None
    member.pid, member.sid = None, "another"
    assert await yard.recovery.remember(member) is None, "nobody knows them"


async def test_before_it_has_begun_nobody_comes_back(clock: SteppedClock) -> None:
    early = LogRecovery(Online(), clock)
    assert await early.recall(CHAT, "anything") is None


async def test_a_session_begins_before_what_is_held_for_it(yard: Yard) -> None:
    def held(offset: str) -> Parcel:
        return Parcel(*encode(EVENT, NOTIFICATIONS, None, ["notification_created", {}, offset], 16))

    ready = Parcel(*encode(EVENT, NOTIFICATIONS, None, ["ready", {"head_seq": 9}], 16))
    parcels = [ready, held(f"{EPOCH}-8"), held(f"{EPOCH}-9"), held(f"{EPOCH}-2+")]
    given = passes.verified(KEY, await yard.pid(NOTIFICATIONS, start=9, held=parcels))
    assert given is not None
    assert given.start == 7
    assert (given.account_id, given.session_id, given.namespace, given.epoch) == (ANA, PHONE, NOTIFICATIONS, EPOCH)


# The inbox


async def test_notifications_come_back_as_they_stand_now(yard: Yard) -> None:
    yard.inbox = [
        notification(101),
        notification(102, count=3),
        notification(103, seen_at=5),
        notification(104, seen_at=5, read_at=5),
        notification(105, archived_at=5),
    ]
    missed = await yard.returns(namespace=NOTIFICATIONS)
    assert missed is not None
    assert [one.event for one in missed] == ["notification_created"] + ["notification_changed"] * 4
    assert places(missed) == [f"{EPOCH}-{seq}" for seq in range(101, 106)]
    assert json.loads(bytes(missed[1].arguments[0]))["count"] == 3
    assert places(await yard.returns(f"{EPOCH}-104", namespace=NOTIFICATIONS)) == [f"{EPOCH}-105"]
    assert yard.asked == [(ANA, START, MOST), (ANA, 104, MOST)]


async def test_a_notification_as_it_was_before_is_known(yard: Yard) -> None:
    yard.inbox = [notification(104, count=3)]
    recalled = await yard.recovery.recall(NOTIFICATIONS, await yard.pid(NOTIFICATIONS))
    assert recalled is not None
    assert await yard.recovery.read(recalled, None, ANA, PHONE, is_polled=False)
    told = [["notification_changed", {"id": 1}, offsets.written(EPOCH, seq, seq)] for seq in (101, 104, 105)]
    assert [yard.recovery.repeats(recalled, one) for one in told] == [True, True, False]


async def test_an_inbox_of_too_many(yard: Yard) -> None:
    yard.inbox = [notification(START + number) for number in range(1, MOST + 2)]
    assert await yard.returns(namespace=NOTIFICATIONS) is None
    assert len(await yard.returns(f"{EPOCH}-{START + 1}", namespace=NOTIFICATIONS) or ()) == MOST


# Offsets


def test_an_offset_says_how_far_everything_has_come() -> None:
    assert offsets.written(EPOCH, 5, 9) == f"{EPOCH}-5"
    assert offsets.written(EPOCH, 9, 9) == f"{EPOCH}-9"
    assert offsets.written(EPOCH, 10, 9) == f"{EPOCH}-9+"
    for offset, place in ((f"{EPOCH}-9", 9), (f"{EPOCH}-9+", 9), (f"{EPOCH}-0", 0), ("a-b-7", None), ("other-9", None)):
        assert offsets.read(EPOCH, offset) == place
    assert offsets.read("a-b", "a-b-7") == 7
    assert offsets.is_exact(f"{EPOCH}-9")
    assert not offsets.is_exact(f"{EPOCH}-9+")


def test_the_bounds_fit_into_one_connection() -> None:
    assert LIMITS.out_bytes > MOST_BYTES
    assert LIMITS.out_packets > MOST_POLLED
    assert LIMITS.recovery_held > MOST
