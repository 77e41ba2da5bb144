"""Who is this: tokens and cookies, for HTTP and for the sockets."""

from collections.abc import AsyncIterator

import pytest

from server.errors import Expired, Unauthorized
from server.storage.database import Database
from tests.fakes import SteppedClock
from tests.transport.doors import HOME, Doors, error_of

EVIL = "https://evil.example"


@pytest.fixture
async def doors(db: Database, clock: SteppedClock) -> AsyncIterator[Doors]:
    async with Doors(db, clock).open() as doors:
        yield doors


async def status(doors: Doors, method: str, **who: str) -> int:
    body = {"display_name": "A"} if method == "PATCH" else None
    return (await doors.ask(method, "me", body, **who)).status


@pytest.mark.parametrize(
    ("origin", "reading", "changing"),
    [
        (None, 200, 401),
        (HOME, 200, 200),
        ("https://app.example.net", 200, 200),
        (EVIL, 401, 401),
        ("null", 401, 401),
        ("", 401, 401),
        ("http://talk.example.org", 401, 401),
        (HOME + ":443", 401, 401),
        (HOME + ".evil.example", 401, 401),
    ],
)
async def test_a_cookie_counts_only_from_an_allowed_origin(
    doors: Doors, origin: str | None, reading: int, changing: int
) -> None:
    who = {"cookie": (await doors.sign_up("ana"))["token"]} | ({} if origin is None else {"origin": origin})
    assert await status(doors, "GET", **who) == reading
    assert await status(doors, "PATCH", **who) == changing


async def test_a_forwarded_host_makes_no_origin_allowed(doors: Doors) -> None:
    token = (await doors.sign_up("ana"))["token"]
    lies = {"X_Forwarded_Host": "evil.example", "Host": "evil.example"}
    answer = await doors.ask("PATCH", "me", {"display_name": "A"}, cookie=token, origin=EVIL, **lies)
    assert answer.status == 401


async def test_a_bearer_token_counts_from_everywhere_and_goes_first(doors: Doors) -> None:
    ana, ben = await doors.sign_up("ana"), await doors.sign_up("ben")
    assert await status(doors, "PATCH", token=ana["token"]) == 200
    assert await status(doors, "PATCH", token=ana["token"], origin=EVIL) == 200
    me = await (await doors.ask("GET", "me", token=ana["token"], cookie=ben["token"])).json()
    assert me["account"]["username"] == "ana"
    # A token that is not good is not made good by a cookie beside it.
    assert await status(doors, "GET", token="x" * 43, cookie=ben["token"]) == 401
    # What a proxy asks for itself is none of ours.
    answer = await doors.ask("GET", "me", cookie=ben["token"], Authorization="Basic YTpi")
    assert answer.status == 200


async def test_an_old_session_is_expired_and_not_merely_unknown(doors: Doors, clock: SteppedClock) -> None:
    token = (await doors.sign_up("ana"))["token"]
    clock.step(days=90)
    answer = await doors.ask("GET", "me", token=token)
    assert (answer.status, (await error_of(answer))["code"]) == (401, "expired")
    with pytest.raises(Expired):
        await doors.identity.of_handshake({"token": token}, None, None)


async def test_a_socket_is_let_in_by_token_or_cookie(doors: Doors) -> None:
    ana, ben = await doors.sign_up("ana"), await doors.sign_up("ben")
    cookie = f"a=1; madang_session={ben['token']}; b=2"
    of_handshake = doors.identity.of_handshake
    for auth in ({"token": ana["token"], "protocol": 1, "extra": [1]}, {"token": ana["token"]}):
        for origin in (None, HOME, EVIL):
            who = await of_handshake(auth, cookie, origin)
            assert (who.account.username, who.by_cookie) == ("ana", False)
    for auth in (None, {}, {"token": None}, {"token": ""}, "text", [1], 7):
        for origin in (None, HOME):
            who = await of_handshake(auth, cookie, origin)
            assert (who.account.username, who.by_cookie, who.session.id) == ("ben", True, ben["session"]["id"])


async def test_a_socket_of_nobody_is_refused(doors: Doors) -> None:
    ana = await doors.sign_up("ana")
    cookie = f"madang_session={ana['token']}"
    refused = [
        (None, None, None), ({}, "", HOME), ({}, cookie, EVIL), ({}, cookie, "null"), ({}, "madang_session=", HOME),
        ({}, f"x{cookie}", HOME), ({"token": "x" * 43}, cookie, HOME), ({"token": 7}, cookie, HOME),
        ({"token": {"a": 1}}, cookie, HOME), ({"token": "\ud800"}, cookie, HOME),
    ]  # fmt: skip
    for auth, cookies, origin in refused:
        with pytest.raises(Unauthorized):
            await doors.identity.of_handshake(auth, cookies, origin)


async def test_a_disabled_account_is_nobody(doors: Doors) -> None:
    await doors.sign_up("ana")
    ben = await doors.sign_up("ben")
    await doors.accounts.disable("ben")
    assert await status(doors, "GET", token=ben["token"]) == 401
    with pytest.raises(Unauthorized):
        await doors.identity.of_handshake({"token": ben["token"]}, None, None)
