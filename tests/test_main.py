"""The command line."""

import asyncio
import json
import os
import re
import socket
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner, Result

from server import __version__, app
from server.__main__ import main
from server.clock import now
from server.records import Account
from server.services.accounts import Accounts
from server.services.attempts import Attempts
from server.services.passwords import Passwords
from server.settings import Settings
from server.storage.database import Database
from tests.people import make_people_in
from tests.services_under_test import MadangProcess, free_port

PASSWORD = "tangerine sky"


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's settings reach these tests, and hashes are cheap."""
    for name in [name for name in os.environ if name.startswith("MADANG_")]:
        monkeypatch.delenv(name)
    real = Passwords.__init__

    def cheap(self: Passwords, cost: int = 4, **more: int) -> None:
        real(self, 4, **more)

    monkeypatch.setattr(Passwords, "__init__", cheap)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """What ``serve`` was about to serve."""
    settings: list[Settings] = []
    monkeypatch.setattr(app, "run", settings.append)
    return settings


def madang(*arguments: str | Path, typed: str | None = None, **variables: str) -> Result:
    environment = {f"MADANG_{name.upper()}": value for name, value in variables.items()}
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=typed, env=environment)


def done(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.output


def test_it_tells_its_version() -> None:
    assert done(madang("--version")) == f"madang, version {__version__}\n"


def test_serving_says_where_and_what_to_do_next(tmp_path: Path, served: list[Settings]) -> None:
    port = free_port()
    said = done(madang("serve", "--port", str(port), "--data", tmp_path / "new" / "data"))
    assert f"http://localhost:{port}" in said
    assert "create the first account" in said
    assert "Claim code" not in said
    assert served == [Settings(port=port, data_dir=tmp_path / "new" / "data")]


def test_a_public_server_prints_a_claim_code_until_it_is_owned(tmp_path: Path, served: list[Settings]) -> None:
    variables = {"data_dir": str(tmp_path), "host": "0.0.0.0", "port": str(free_port())}
    codes = [re.search(r"Claim code: (\S+)", done(madang("serve", **variables))) for _ in range(2)]
    assert codes[0]
    assert codes[1]
    assert re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", codes[0][1])
    assert codes[0][1] != codes[1][1]
    done(madang("account", "create", "ana", "--password-stdin", typed=PASSWORD, data_dir=str(tmp_path)))
    said = done(madang("serve", **variables))
    assert "Claim code" not in said
    assert "madang account invite" in said
    assert "MADANG_PUBLIC_URL" in said


def test_wrong_settings_end_it_by_name_before_anything_is_made(tmp_path: Path, served: list[Settings]) -> None:
    result = madang("serve", "--data", tmp_path / "data", port="http", colour="red")
    assert result.exit_code == 2
    assert "MADANG_PORT: 'http' is not a port" in result.stderr
    assert "MADANG_COLOUR: there is no such setting." in result.stderr
    assert "Traceback" not in result.output
    result = madang("serve", "--port", "99999", "--data", tmp_path / "data")
    assert (result.exit_code, "--port: '99999'" in result.stderr) == (2, True)
    assert not served
    assert not (tmp_path / "data").exists()


def test_a_port_in_use_is_told_in_a_sentence(tmp_path: Path, served: list[Settings]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = madang("serve", "--port", str(port), "--data", tmp_path / "data")
    assert result.exit_code == 1
    assert f"Cannot listen on 127.0.0.1 port {port}: something else uses it already." in result.stderr
    assert not served
    assert not (tmp_path / "data").exists()


def test_a_folder_that_cannot_be_used_is_told_in_a_sentence(tmp_path: Path, served: list[Settings]) -> None:
    (tmp_path / "madang.db").write_bytes(b"this is no database, whatever its name says" * 100)
    result = madang("serve", "--port", str(free_port()), "--data", tmp_path)
    assert result.exit_code == 1
    assert f"The database in {tmp_path} cannot be opened" in result.stderr
    (tmp_path / "file").write_text("")
    result = madang("serve", "--port", str(free_port()), "--data", tmp_path / "file" / "below")
    assert result.exit_code == 1
    assert "cannot be used" in result.stderr


@pytest.mark.parametrize(
    "arguments", [["list"], ["invite"], ["disable", "ana"], ["enable", "ana"], ["set-password", "ana"]]
)
def test_a_misspelt_folder_is_not_made(tmp_path: Path, arguments: list[str]) -> None:
    result = madang("account", *arguments, "--data", tmp_path / "dtaa")
    assert result.exit_code == 1
    assert "There is no Madang database" in result.stderr
    assert not (tmp_path / "dtaa").exists()


def test_accounts_are_made_listed_and_disabled(tmp_path: Path) -> None:
    where = {"data_dir": str(tmp_path)}
    made = madang("account", "create", "Ana", "--name", "Ana Kim", "--password-stdin", typed=f"{PASSWORD}\n", **where)
    assert done(made) == "Created @ana (owner).\n"
    typed = f"{PASSWORD}\n{PASSWORD}\n"
    asked = done(madang("account", "create", "ben", "--role", "admin", typed=typed, **where))
    assert "Created @ben (admin)." in asked
    assert PASSWORD not in asked
    assert done(madang("account", "disable", "BEN", **where)).startswith("Disabled @ben")
    rows = [line.split("\t") for line in done(madang("account", "list", **where)).splitlines()]
    assert [(row[0], row[1], row[2], row[4]) for row in rows] == [
        ("1", "ana", "owner", "active"),
        ("2", "ben", "admin", "disabled"),
    ]
    assert done(madang("account", "enable", "BEN", **where)).startswith("Enabled @ben")
    assert "disabled" not in done(madang("account", "list", **where))


@pytest.mark.parametrize(
    ("arguments", "typed", "part"),
    [
        (["create", "ana", "--password-stdin"], PASSWORD, "taken"),
        (["create", "ben", "--password-stdin"], "short", "too short"),
        (["create", "ben", "--password-stdin"], "", "too short"),
        (["create", "a b", "--password-stdin"], PASSWORD, "letters"),
        (["disable", "\udcff"], None, "There is no account"),
        (["disable", "nobody"], None, "There is no account 'nobody'."),
        (["disable", "ana"], None, "only owner"),
        (["enable", "nobody"], None, "There is no account 'nobody'."),
        (["set-password", "nobody", "--password-stdin"], PASSWORD, "There is no account 'nobody'."),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    tmp_path: Path, arguments: list[str], typed: str | None, part: str
) -> None:
    make_people_in(tmp_path, "ana")
    result = madang("account", *arguments, "--data", tmp_path, typed=typed)
    assert result.exit_code == 1
    assert part in result.stderr
    assert "Traceback" not in result.output


def test_an_invitation_and_a_new_password_work(tmp_path: Path) -> None:
    make_people_in(tmp_path, "ana")
    code = done(madang("account", "invite", "--uses", "2", "--days", "1", "--data", tmp_path)).strip()
    assert re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", code)
    typed = f"{PASSWORD}\n"
    said = done(madang("account", "set-password", "ana", "--password-stdin", "--data", tmp_path, typed=typed))
    assert said.startswith("@ana has a new password")

    async def ana() -> Account:
        db = Database(tmp_path / "madang.db")
        await db.open()
        try:
            passwords = Passwords()
            accounts = Accounts(db, now, passwords, Attempts(), registration="invitation", is_local=True)
            (found,) = await accounts.list()
            assert await passwords.matches(PASSWORD, found.password_hash)
            return found
        finally:
            passwords.close()
            await db.close()

    assert asyncio.run(ana()).username == "ana"


def request(url: str, body: Any = None, headers: dict[str, str] | None = None) -> int:
    """The status of the answer."""
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(url, data, headers or {}), timeout=30) as answer:
            status: int = answer.status
            return status
    except HTTPError as error:
        return error.code


def test_it_works_beside_a_running_server(tmp_path: Path) -> None:
    ben = make_people_in(tmp_path, "ana", "ben")["ben"]
    with MadangProcess(tmp_path) as server:
        assert request(server.url + "/api/v1/me", headers=ben.headers) == 200
        done(madang("account", "create", "cleo", "--password-stdin", "--data", tmp_path, typed=PASSWORD))
        done(madang("account", "disable", "ben", "--data", tmp_path))
        assert request(server.url + "/api/v1/me", headers=ben.headers) == 401
        body = {"username": "cleo", "password": PASSWORD}
        assert request(server.url + "/api/v1/sessions", body) == 201
        assert server.stop() == 0
