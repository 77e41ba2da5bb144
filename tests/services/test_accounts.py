"""Accounts: who may have one, one's own face and password, and what an operator does."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from server.errors import ChatError, Forbidden, Invalid, NotFound, RateLimited, Unauthorized
from server.protocol.http import ChangeMe, ChangePassword, CreateAccount, CreateSession
from server.records import AccountChange, SessionsEnded
from server.services.accounts import Accounts, own
from server.services.attempts import Attempts
from server.services.passwords import Passwords
from server.services.sessions import Sessions, Started, Visitor
from server.settings import Registration
from server.storage import files, server_values
from server.storage.database import Database
from server.storage.unit import fetch_all
from tests.fakes import RecordingPublisher, SteppedClock

PASSWORD = "tangerine sky"
HOME = Visitor("10.0.0.1", "curl/8.5")


class Yard:
    """A server's accounts, with its ways in as words."""

    def __init__(
        self, db: Database, clock: SteppedClock, registration: Registration = "open", is_local: bool = True
    ) -> None:
        self.db = db
        self.passwords = Passwords(cost=4)
        attempts = Attempts()
        self.sessions = Sessions(db, clock, self.passwords, attempts)
        self.accounts = Accounts(db, clock, self.passwords, attempts, registration=registration, is_local=is_local)

    async def sign_up(self, username: str, password: str = PASSWORD, **more: str) -> Started:
        return await self.accounts.sign_up(CreateAccount(username=username, password=password, **more), HOME)

    async def sign_in(self, username: str, password: str = PASSWORD) -> Started:
        return await self.sessions.sign_in(CreateSession(username=username, password=password), HOME)


Build = Callable[..., Yard]


@pytest.fixture
async def build(db: Database, clock: SteppedClock) -> AsyncIterator[Build]:
    made: list[Yard] = []

    def build(registration: Registration = "open", is_local: bool = True) -> Yard:
        made.append(Yard(db, clock, registration, is_local))
        return made[-1]

    yield build
    for yard in made:
        yard.passwords.close()


@pytest.fixture
def yard(build: Build) -> Yard:
    return build()


# Signing up


async def test_the_first_account_owns_the_server_and_the_next_does_not(yard: Yard) -> None:
    assert await yard.accounts.is_first()
    ana = await yard.sign_up("Ana", display_name="  Ana\u202e  Kim ")
    ben = await yard.sign_up("ben", device_name="Desk")
    assert (ana.account.username, ana.account.display_name, ana.account.role) == ("ana", "Ana Kim", "owner")
    assert (ben.account.display_name, ben.account.role, ben.session.device_name) == ("ben", "person", "Desk")
    account, session = await yard.sessions.of_token(ana.token)
    assert (account, session) == (ana.account, ana.session)
    assert not await yard.accounts.is_first()


async def test_of_two_first_ones_at_once_one_owns_the_server(yard: Yard) -> None:
    made = await asyncio.gather(*(yard.sign_up(name) for name in ("ana", "ben", "cleo")))
    assert sorted(one.account.role for one in made) == ["owner", "person", "person"]


@pytest.mark.parametrize("twin", ["ana", "ANA", "ａｎａ", " Ana "])
async def test_names_that_look_the_same_are_one_name(yard: Yard, twin: str) -> None:
    await yard.sign_up("ana")
    with pytest.raises(Invalid, match="taken") as caught:
        await yard.sign_up(twin)
    assert caught.value.field == "username"


async def test_of_two_with_one_name_at_once_one_gets_it(yard: Yard) -> None:
    outcomes = await asyncio.gather(*(yard.sign_up("ana") for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(outcome, Started) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Invalid) for outcome in outcomes) == 4


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"username": "a"}, "username"),
        ({"username": "ana", "password": "short"}, "password"),
        ({"username": "ana", "display_name": "\u202e\u200f"}, "display_name"),
        ({"username": "dragonfly", "password": "DragonFly"}, "password"),
    ],
)
async def test_what_cannot_be_is_refused_by_field(yard: Yard, fields: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        await yard.sign_up(**fields)
    assert caught.value.field == field
    assert await yard.accounts.is_first()


async def test_the_first_account_of_a_public_server_needs_the_claim_code(build: Build) -> None:
    yard = build("invitation", is_local=False)
    assert await yard.accounts.needs_claim()
    for wrong in ({}, {"claim": "abcd-efgh-jkmn-pqrs"}, {"invitation": "abcd-efgh-jkmn-pqrs"}):
        with pytest.raises(Invalid) as caught:
            await yard.sign_up("mallory", **wrong)
        assert caught.value.field == "claim"
    old = await yard.accounts.new_claim()
    code = await yard.accounts.new_claim()
    assert old
    assert code
    assert code not in repr(await yard.db.read(fetch_all, "select * from server_value"))
    with pytest.raises(Invalid):
        await yard.sign_up("mallory", claim=old)
    ana = await yard.sign_up("ana", claim=f" {code.upper().replace('-', '')} ")
    assert ana.account.role == "owner"
    assert not await yard.accounts.needs_claim()
    assert await yard.accounts.new_claim() is None
    assert await yard.db.read(server_values.find, "claim_hash") is None
    with pytest.raises(Invalid):
        await yard.sign_up("mallory", claim=code)


async def test_the_claim_code_opens_a_closed_server_once(build: Build) -> None:
    yard = build("closed", is_local=False)
    code = await yard.accounts.new_claim()
    assert (await yard.sign_up("ana", claim=code)).account.role == "owner"
    with pytest.raises(Forbidden):
        await yard.sign_up("ben", claim=code)


async def test_a_local_server_needs_no_claim(yard: Yard) -> None:
    assert not await yard.accounts.needs_claim()
    assert await yard.accounts.new_claim() is None


async def test_people_come_by_invitation_as_often_as_it_says(build: Build) -> None:
    yard = build("invitation")
    await yard.sign_up("ana")
    with pytest.raises(Invalid, match="need an invitation"):
        await yard.sign_up("ben")
    code = await yard.accounts.invite(uses=2, days=7)
    assert code not in repr(await yard.db.read(fetch_all, "select * from invitation"))
    await yard.sign_up("ben", invitation=code)
    with pytest.raises(Invalid):  # a name that is taken uses nothing up
        await yard.sign_up("ben", invitation=code)
    await yard.sign_up("cleo", invitation=code.upper())
    with pytest.raises(Invalid) as caught:
        await yard.sign_up("dora", invitation=code)
    assert caught.value.field == "invitation"


async def test_one_invitation_lets_one_in_even_at_once(build: Build) -> None:
    yard = build("invitation")
    await yard.sign_up("ana")
    code = await yard.accounts.invite(uses=1, days=7)
    names = ("ben", "cleo", "dora", "emil")
    outcomes = await asyncio.gather(*(yard.sign_up(name, invitation=code) for name in names), return_exceptions=True)
    assert sum(isinstance(outcome, Started) for outcome in outcomes) == 1


async def test_an_invitation_grows_old(build: Build, clock: SteppedClock) -> None:
    yard = build("invitation")
    await yard.sign_up("ana")
    code = await yard.accounts.invite(uses=1, days=7)
    clock.step(days=7)
    with pytest.raises(Invalid, match="too old"):
        await yard.sign_up("ben", invitation=code)


async def test_codes_cannot_be_guessed_for_long(build: Build) -> None:
    yard = build("invitation")
    await yard.sign_up("ana")
    for number in range(50):
        with pytest.raises(Invalid):
            await yard.sign_up("ben", invitation=f"guess-{number}")
    with pytest.raises(RateLimited):
        await yard.sign_up("ben", invitation=await yard.accounts.invite(uses=1, days=1))


async def test_a_public_server_takes_only_so_many_from_one_address(build: Build) -> None:
    yard = build("open", is_local=False)
    code = await yard.accounts.new_claim()
    await yard.sign_up("owner", claim=code)
    for number in range(99):
        await yard.sign_up(f"person{number}")
    with pytest.raises(RateLimited):
        await yard.sign_up("one-more")


# One's own account


async def test_a_new_display_name_reaches_ones_devices(yard: Yard, published: RecordingPublisher) -> None:
    ana = (await yard.sign_up("ana")).account
    changed = await yard.accounts.change(ana.id, ChangeMe(display_name=" Ana  Maria "))
    assert changed.display_name == "Ana Maria"
    (change,) = published.of(AccountChange)
    assert (change.account_id, change.version, change.event) == (ana.id, 1, "account_changed")
    assert b'"display_name":"Ana Maria"' in change.data
    assert b"password" not in change.data
    again = await yard.accounts.change(ana.id, ChangeMe(display_name="Ana Maria"))
    assert again == changed
    assert len(published.of(AccountChange)) == 1


async def test_a_face_is_a_picture_of_ones_own(yard: Yard, clock: SteppedClock) -> None:
    ana, ben = (await yard.sign_up("ana")).account, (await yard.sign_up("ben")).account

    def upload() -> int:
        return files.create(
            account_id=ana.id, key="k", name="me.png", media_type="image/png", size_bytes=9, created_at=clock(),
            has_thumbnail=True,
        ).id  # fmt: skip

    picture = await yard.db.write(upload)
    with pytest.raises(Invalid) as caught:
        await yard.accounts.change(ben.id, ChangeMe(picture_file_id=picture))
    assert caught.value.field == "picture_file_id"
    changed = await yard.accounts.change(ana.id, ChangeMe(picture_file_id=picture))
    assert own(changed).picture_url == f"/api/v1/accounts/{ana.id}/picture?v={picture}"
    assert own(await yard.accounts.change(ana.id, ChangeMe(display_name="A"))).picture_url is not None
    assert own(await yard.accounts.change(ana.id, ChangeMe(picture_file_id=0))).picture_url is None


async def test_a_new_password_signs_the_other_devices_out(yard: Yard, published: RecordingPublisher) -> None:
    desk = await yard.sign_up("ana")
    phone = await yard.sign_in("ana")
    command = ChangePassword(current_password=PASSWORD, new_password="another good one")
    await yard.accounts.change_password(desk.account, desk.session.id, command, HOME)
    assert published.of(SessionsEnded) == [SessionsEnded(desk.account.id, (phone.session.id,), "password_changed")]
    await yard.sessions.of_token(desk.token)
    with pytest.raises(Unauthorized):
        await yard.sessions.of_token(phone.token)
    with pytest.raises(Unauthorized):
        await yard.sign_in("ana")
    await yard.sign_in("ana", "another good one")


async def test_a_new_password_needs_the_current_one_and_guessing_it_ends(yard: Yard) -> None:
    ana = await yard.sign_up("ana")
    codes = []
    for number in range(12):
        command = ChangePassword(current_password=f"wrong {number}", new_password="another good one")
        with pytest.raises(ChatError) as caught:
            await yard.accounts.change_password(ana.account, ana.session.id, command, HOME)
        codes.append((caught.value.code, caught.value.field))
    assert codes == [("invalid", "current_password")] * 10 + [("rate_limited", None)] * 2


async def test_a_bad_new_password_is_refused_by_field(yard: Yard) -> None:
    ana = await yard.sign_up("ana")
    command = ChangePassword(current_password=PASSWORD, new_password="password1")
    with pytest.raises(Invalid) as caught:
        await yard.accounts.change_password(ana.account, ana.session.id, command, HOME)
    assert caught.value.field == "new_password"


async def test_of_two_new_passwords_at_once_one_counts(yard: Yard) -> None:
    desk = await yard.sign_up("ana")
    phone = await yard.sign_in("ana")
    commands = [ChangePassword(current_password=PASSWORD, new_password=f"brand new word {n}") for n in (1, 2)]
    outcomes = await asyncio.gather(
        yard.accounts.change_password(desk.account, desk.session.id, commands[0], HOME),
        yard.accounts.change_password(phone.account, phone.session.id, commands[1], HOME),
        return_exceptions=True,
    )
    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Unauthorized) for outcome in outcomes) == 1


async def test_a_sign_in_that_was_overtaken_by_a_new_password_fails(yard: Yard) -> None:
    ana = await yard.sign_up("ana")
    command = ChangePassword(current_password=PASSWORD, new_password="another good one")
    real = yard.passwords.matches

    async def matches(password: str, password_hash: str | None) -> bool:
        right = await real(password, password_hash)
        yard.passwords.matches = real  # type: ignore[method-assign]
        await yard.accounts.change_password(ana.account, ana.session.id, command, HOME)
        return right

    yard.passwords.matches = matches  # type: ignore[method-assign]
    with pytest.raises(Unauthorized):
        await yard.sign_in("ana")


# What an operator does


async def test_an_operator_makes_lists_and_disables_accounts(yard: Yard, published: RecordingPublisher) -> None:
    assert (await yard.accounts.create("ana", "", "person", PASSWORD)).role == "owner"
    assert (await yard.accounts.create("ben", "Ben", "admin", PASSWORD)).role == "admin"
    ben = await yard.sign_in("ben")
    assert (await yard.accounts.disable("BEN")).disabled_at
    assert published.of(SessionsEnded) == [SessionsEnded(ben.account.id, (ben.session.id,), "disabled")]
    listed = await yard.accounts.list()
    assert [(one.username, one.disabled_at is not None) for one in listed] == [("ana", False), ("ben", True)]
    with pytest.raises(NotFound, match="nobody"):
        await yard.accounts.disable("nobody")


async def test_an_operator_lets_a_disabled_account_in_again(yard: Yard) -> None:
    await yard.accounts.create("ana", "", "owner", PASSWORD)
    await yard.accounts.create("ben", "", "person", PASSWORD)
    before = await yard.sign_in("ben")
    for _ in range(2):
        await yard.accounts.disable("ben")
    for _ in range(2):
        assert (await yard.accounts.enable("BEN")).disabled_at is None
    # The devices that were signed out stay so.
    with pytest.raises(Unauthorized):
        await yard.sessions.of_token(before.token)
    assert (await yard.sign_in("ben")).account.id == before.account.id
    with pytest.raises(NotFound, match="nobody"):
        await yard.accounts.enable("nobody")


async def test_the_only_owner_stays(yard: Yard) -> None:
    await yard.accounts.create("ana", "", "owner", PASSWORD)
    with pytest.raises(Forbidden):
        await yard.accounts.disable("ana")
    await yard.accounts.create("ben", "", "owner", PASSWORD)
    await yard.accounts.disable("ana")
    with pytest.raises(Forbidden):
        await yard.accounts.disable("ben")


async def test_an_operator_gives_a_new_password(yard: Yard) -> None:
    ana = await yard.sign_up("ana")
    await yard.accounts.set_password("ana", "another good one")
    with pytest.raises(Unauthorized):
        await yard.sessions.of_token(ana.token)
    await yard.sign_in("ana", "another good one")
    with pytest.raises(NotFound):
        await yard.accounts.set_password("nobody", "another good one")
    with pytest.raises(Invalid):
        await yard.accounts.set_password("ana", "short")
