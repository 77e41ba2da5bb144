"""Signing in, and the devices one is signed in on."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from server.errors import ChatError, Expired, Forbidden, NotFound, RateLimited, Unauthorized, Unavailable
from server.protocol.http import CreateSession
from server.records import SessionsEnded
from server.services.accounts import Accounts
from server.services.attempts import Attempts
from server.services.passwords import Passwords
from server.services.sessions import Sessions, Started, Visitor
from server.storage.database import Database
from server.storage.unit import fetch_all
from tests.fakes import RecordingPublisher, SteppedClock

PASSWORD = "tangerine sky"
HOME = Visitor("10.0.0.1", "curl/8.5")


class Yard:
    """Ana has an account here."""

    def __init__(self, db: Database, clock: SteppedClock) -> None:
        self.passwords = Passwords(cost=4)
        attempts = Attempts()
        self.sessions = Sessions(db, clock, self.passwords, attempts)
        self.accounts = Accounts(db, clock, self.passwords, attempts, registration="open", is_local=True)

    async def sign_in(self, name: str = "ana", password: str = PASSWORD, device: str | None = None) -> Started:
        return await self.sessions.sign_in(CreateSession(username=name, password=password, device_name=device), HOME)


@pytest.fixture
async def yard(db: Database, clock: SteppedClock) -> AsyncIterator[Yard]:
    yard = Yard(db, clock)
    await yard.accounts.create("ana", "Ana", "person", PASSWORD)
    await yard.accounts.create("ben", "Ben", "person", PASSWORD)
    yield yard
    yard.passwords.close()


async def test_ana_signs_in_and_her_token_is_hers(yard: Yard) -> None:
    started = await yard.sign_in(" ANA ")
    assert re.fullmatch(r"[\w-]{43}", started.token)
    account, session = await yard.sessions.of_token(started.token)
    assert account.username == "ana"
    assert session == started.session
    assert session.device_name == "curl"
    assert (await yard.sign_in(device="  Ana's\u202e phone ")).session.device_name == "Ana's phone"


async def test_the_token_itself_is_nowhere_in_the_database(yard: Yard, db: Database) -> None:
    started = await yard.sign_in()
    rows = await db.read(fetch_all, "select * from session")
    assert started.token not in repr(rows)


async def test_an_unknown_name_and_a_wrong_password_are_answered_alike(yard: Yard) -> None:
    answers = set()
    for name, password in (("ana", "wrong password"), ("nobody", PASSWORD), ("\u202e", PASSWORD), ("ana", "x" * 900)):
        with pytest.raises(Unauthorized) as caught:
            await yard.sign_in(name, password)
        answers.add((caught.value.message, caught.value.field, caught.value.retry_after_ms))
    assert len(answers) == 1


async def test_guessing_ends_for_known_and_unknown_names_alike(yard: Yard) -> None:
    for name in ("ana", "nobody"):
        for _ in range(10):
            with pytest.raises(Unauthorized):
                await yard.sign_in(name, "wrong password")
        with pytest.raises(RateLimited) as caught:
            await yard.sign_in(name)
        assert caught.value.retry_after_ms
    assert (await yard.sign_in("ben")).account.username == "ben"


async def test_guessing_in_parallel_gets_no_further(yard: Yard) -> None:
    async def guess(number: int) -> str:
        try:
            await yard.sign_in("ana", f"wrong password {number}")
        except ChatError as error:
            return error.code
        return "in"

    outcomes = await asyncio.gather(*(guess(number) for number in range(30)))
    assert outcomes.count("unauthorized") == 10
    assert outcomes.count("rate_limited") == 20


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "ü" * 10, "\ud800", "a b", "0" * 10_000])
async def test_a_strange_token_opens_nothing(yard: Yard, token: str) -> None:
    with pytest.raises(Unauthorized):
        await yard.sessions.of_token(token)


async def test_a_session_ends_after_90_days_without_use(yard: Yard, clock: SteppedClock) -> None:
    token = (await yard.sign_in()).token
    for _ in range(3):
        clock.step(days=89)
        await yard.sessions.of_token(token)
    clock.step(days=90)
    with pytest.raises(Expired):
        await yard.sessions.of_token(token)


async def test_a_session_ends_after_a_year_however_much_it_is_used(yard: Yard, clock: SteppedClock) -> None:
    token = (await yard.sign_in()).token
    for _ in range(364):
        clock.step(days=1)
        await yard.sessions.of_token(token)
    clock.step(days=1)
    with pytest.raises(Expired):
        await yard.sessions.of_token(token)


async def test_the_last_use_is_written_once_a_minute_at_most(yard: Yard, clock: SteppedClock, db: Database) -> None:
    started = await yard.sign_in()
    clock.step(seconds=59)
    await yard.sessions.of_token(started.token)
    (device,) = await yard.sessions.list(started.account.id)
    assert device.last_used_at == started.session.last_used_at
    clock.step(seconds=1)
    await yard.sessions.of_token(started.token)
    (device,) = await yard.sessions.list(started.account.id)
    assert device.last_used_at == clock()


async def test_a_token_is_good_while_nothing_can_be_written(
    yard: Yard, clock: SteppedClock, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = (await yard.sign_in()).token
    clock.step(minutes=5)

    async def full(*_: object) -> None:
        raise Unavailable("The disk is full.")

    monkeypatch.setattr(db, "write", full)
    account, _ = await yard.sessions.of_token(token)
    assert account.username == "ana"


async def test_devices_are_listed_by_last_use_and_expired_ones_are_not(yard: Yard, clock: SteppedClock) -> None:
    old = await yard.sign_in(device="old")
    clock.step(days=50)
    desk = await yard.sign_in(device="desk")
    clock.step(minutes=5)
    await yard.sign_in(device="phone")
    clock.step(minutes=5)
    await yard.sessions.of_token(desk.token)
    ana = desk.account.id
    assert [device.device_name for device in await yard.sessions.list(ana)] == ["desk", "phone", "old"]
    clock.step(days=45)
    assert [device.device_name for device in await yard.sessions.list(ana)] == ["desk", "phone"]
    with pytest.raises(Expired):
        await yard.sessions.of_token(old.token)


async def test_ending_a_device_is_announced_and_its_token_is_dead(yard: Yard, published: RecordingPublisher) -> None:
    desk, phone = await yard.sign_in(), await yard.sign_in()
    ana = desk.account.id
    await yard.sessions.end(ana, phone.session.id)
    assert published.of(SessionsEnded) == [SessionsEnded(ana, (phone.session.id,), "signed_out")]
    with pytest.raises(Unauthorized):
        await yard.sessions.of_token(phone.token)
    await yard.sessions.of_token(desk.token)
    with pytest.raises(NotFound):
        await yard.sessions.end(ana, phone.session.id)


async def test_nobody_ends_a_device_of_somebody_else(yard: Yard, published: RecordingPublisher) -> None:
    ana, ben = await yard.sign_in(), await yard.sign_in("ben")
    with pytest.raises(NotFound):
        await yard.sessions.end(ben.account.id, ana.session.id)
    await yard.sessions.end_others(ben.account.id, ben.session.id)
    await yard.sessions.of_token(ana.token)
    assert not published.of(SessionsEnded)


async def test_all_others_end_at_once(yard: Yard, published: RecordingPublisher) -> None:
    devices = [await yard.sign_in() for _ in range(3)]
    ana = devices[0].account.id
    await yard.sessions.end_others(ana, devices[1].session.id)
    (ended,) = published.of(SessionsEnded)
    assert set(ended.session_ids) == {devices[0].session.id, devices[2].session.id}
    assert [device.id for device in await yard.sessions.list(ana)] == [devices[1].session.id]


async def test_a_disabled_account_is_out_and_only_its_owner_hears_why(yard: Yard) -> None:
    ben = await yard.sign_in("ben")
    await yard.accounts.disable("ben")
    with pytest.raises(Unauthorized):
        await yard.sessions.of_token(ben.token)
    with pytest.raises(Forbidden, match="disabled"):
        await yard.sign_in("ben")
    with pytest.raises(Unauthorized, match="Wrong name or password"):
        await yard.sign_in("ben", "wrong password")


async def test_live_sockets_are_asked_about_together(yard: Yard, clock: SteppedClock) -> None:
    desk, phone, ben = await yard.sign_in(), await yard.sign_in(), await yard.sign_in("ben")
    ids = {desk.session.id, phone.session.id, ben.session.id, 999}
    assert await yard.sessions.ended_of([]) == set()
    assert await yard.sessions.ended_of(ids) == {999}
    await yard.sessions.end(desk.account.id, phone.session.id)
    await yard.accounts.disable("ben")
    assert await yard.sessions.ended_of(ids) == {999, phone.session.id, ben.session.id}
    # A socket that stays open is a use: the session lives on with it.
    for _ in range(100):
        clock.step(days=1)
        assert await yard.sessions.ended_of({desk.session.id}) == set()
    await yard.sessions.of_token(desk.token)
