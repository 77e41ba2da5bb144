"""Accounts and sessions over HTTP."""

from collections.abc import AsyncIterator

import pytest

from server.storage.database import Database
from tests.fakes import SteppedClock
from tests.transport.doors import HOME, PASSWORD, Doors, error_of


@pytest.fixture
async def doors(db: Database, clock: SteppedClock) -> AsyncIterator[Doors]:
    async with Doors(db, clock).open() as doors:
        yield doors


async def test_a_visitor_is_told_what_to_expect(doors: Doors) -> None:
    answer = await doors.ask("GET", "welcome")
    body = await answer.json()
    assert body.pop("version")
    assert body == {"name": "우리 마당", "registration": "open", "needs_claim": False, "first_account": True}
    await doors.sign_up("ana")
    assert (await (await doors.ask("GET", "welcome")).json())["first_account"] is False


async def test_ana_signs_up_and_is_signed_in(doors: Doors) -> None:
    body = {"username": "Ana", "password": PASSWORD, "display_name": "Ana Kim"}
    answer = await doors.ask("POST", "accounts", body, origin=HOME, User_Agent="Mozilla/5.0 (X11; Linux) Firefox/133.0")
    assert answer.status == 201
    signed_in = await answer.json()
    assert signed_in["account"] == {"id": 1, "username": "ana", "display_name": "Ana Kim", "role": "owner"}
    assert signed_in["session"]["device_name"] == "Firefox on Linux"
    assert signed_in["session"]["current"] is True
    cookie = answer.cookies["madang_session"]
    assert cookie.value == signed_in["token"]
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"], cookie["path"], cookie["max-age"]) == (
        True, True, "Lax", "/", "31536000",
    )  # fmt: skip
    for who in ({"token": signed_in["token"]}, {"cookie": signed_in["token"]}):
        me = await (await doors.ask("GET", "me", **who)).json()
        assert me["account"] == signed_in["account"]
        assert me["session"]["id"] == signed_in["session"]["id"]


async def test_without_https_the_cookie_works_too(db: Database, clock: SteppedClock) -> None:
    async with Doors(db, clock, secure=False).open() as doors:
        answer = await doors.ask("POST", "accounts", {"username": "ana", "password": PASSWORD})
        assert not answer.cookies["madang_session"]["secure"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "username"),
        ({"username": "ana"}, "password"),
        ({"username": "ana", "password": "short"}, "password"),
        ({"username": "ana", "password": "x1" * 37}, "password"),
        ({"username": 7, "password": PASSWORD}, "username"),
        ({"username": "a b c", "password": PASSWORD}, "username"),
        ({"username": "ana", "password": PASSWORD, "role": "owner"}, "role"),
        ({"username": "ana", "password": PASSWORD, "display_name": ""}, "display_name"),
        ([], None),
    ],
)
async def test_what_cannot_be_is_refused_by_field(doors: Doors, body: object, field: str | None) -> None:
    answer = await doors.ask("POST", "accounts", body)
    error = await error_of(answer)
    assert (answer.status, error["code"], error.get("field"), error["retryable"]) == (422, "invalid", field, False)
    assert "madang_session" not in answer.cookies


async def test_ana_signs_in_out_and_sees_her_devices(doors: Doors) -> None:
    desk = await doors.sign_up("ana")
    answer = await doors.ask("POST", "sessions", {"username": "ana", "password": PASSWORD, "device_name": "Phone"})
    assert answer.status == 201
    phone = await answer.json()
    doors.connected.add(phone["session"]["id"])
    listed = (await (await doors.ask("GET", "sessions", token=desk["token"])).json())["sessions"]
    assert {one["device_name"]: (one["current"], one["connected"]) for one in listed} == {
        "Phone": (False, True),
        "Python": (True, False),
    }
    ended = await doors.ask("DELETE", f"sessions/{phone['session']['id']}", token=desk["token"])
    assert (ended.status, await ended.read()) == (204, b"")
    assert (await doors.ask("GET", "me", token=phone["token"])).status == 401
    assert (await doors.ask("DELETE", "sessions/current", token=desk["token"])).status == 204
    answer = await doors.ask("GET", "me", token=desk["token"])
    assert (answer.status, (await error_of(answer))["code"]) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_signing_out_makes_the_browser_forget(doors: Doors) -> None:
    ana = await doors.sign_up("ana")
    answer = await doors.ask("DELETE", "sessions/current", cookie=ana["token"], origin=HOME)
    assert answer.status == 204
    assert answer.cookies["madang_session"]["max-age"] == "0"


@pytest.mark.parametrize("which", ["0", "999", "-1", "x", "１", "9" * 30, "me"])
async def test_a_device_that_is_not_there_is_not_found(doors: Doors, which: str) -> None:
    ana = await doors.sign_up("ana")
    answer = await doors.ask("DELETE", f"sessions/{which}", token=ana["token"])
    assert (answer.status, (await error_of(answer))["code"]) == (404, "not_found")


async def test_nobody_ends_a_device_of_somebody_else(doors: Doors) -> None:
    ana, ben = await doors.sign_up("ana"), await doors.sign_up("ben")
    answer = await doors.ask("DELETE", f"sessions/{ana['session']['id']}", token=ben["token"])
    assert answer.status == 404
    assert (await doors.ask("DELETE", "sessions/others", token=ben["token"])).status == 204
    assert (await doors.ask("GET", "me", token=ana["token"])).status == 200


async def test_a_wrong_password_and_an_unknown_name_get_the_same_bytes(doors: Doors) -> None:
    await doors.sign_up("ana")
    bodies = []
    for name in ("ana", "nobody"):
        answer = await doors.ask("POST", "sessions", {"username": name, "password": "wrong password"})
        assert answer.status == 401
        bodies.append(await answer.read())
    assert bodies[0] == bodies[1]


async def test_too_many_guesses_are_told_when_to_come_back(doors: Doors) -> None:
    await doors.sign_up("ana")
    for _ in range(10):
        await doors.ask("POST", "sessions", {"username": "ana", "password": "wrong password"})
    answer = await doors.ask("POST", "sessions", {"username": "ana", "password": PASSWORD})
    error = await error_of(answer)
    assert (answer.status, error["code"], error["retryable"]) == (429, "rate_limited", True)
    assert int(answer.headers["Retry-After"]) * 1000 == error["retry_after_ms"] > 0


async def test_ana_changes_her_name_and_password(doors: Doors) -> None:
    ana = await doors.sign_up("ana")
    answer = await doors.ask("PATCH", "me", {"display_name": "아나"}, token=ana["token"])
    assert (answer.status, (await answer.json())["display_name"]) == (200, "아나")
    change = {"current_password": PASSWORD, "new_password": "another good one"}
    answer = await doors.ask("PUT", "me/password", change, token=ana["token"])
    assert (answer.status, await answer.read()) == (204, b"")
    answer = await doors.ask("PUT", "me/password", change, token=ana["token"])
    assert (answer.status, (await error_of(answer))["field"]) == (422, "current_password")
    assert (await doors.ask("POST", "sessions", {"username": "ana", "password": "another good one"})).status == 201


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "me"), ("PATCH", "me"), ("PUT", "me/password"), ("GET", "sessions"), ("DELETE", "sessions/current")],
)
async def test_a_visitor_gets_no_further(doors: Doors, method: str, path: str) -> None:
    for who in ({}, {"token": "x" * 43}, {"cookie": "x" * 43, "origin": HOME}, {"Authorization": "Bearer"}):
        answer = await doors.ask(method, path, {"display_name": "x"} if method in ("PATCH", "PUT") else None, **who)
        assert (answer.status, (await error_of(answer))["code"]) == (401, "unauthorized")


async def test_a_page_of_another_origin_signs_nobody_in(doors: Doors) -> None:
    for path in ("accounts", "sessions"):
        answer = await doors.ask("POST", path, {"username": "ana", "password": PASSWORD}, origin="https://evil.example")
        assert (answer.status, (await error_of(answer))["code"]) == (403, "forbidden")
        assert "madang_session" not in answer.cookies
        assert "Access-Control-Allow-Origin" not in answer.headers
