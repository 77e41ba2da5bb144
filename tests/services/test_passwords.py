"""Passwords: which may be chosen, and how they are checked."""

import asyncio
import threading
import unicodedata
from collections.abc import Iterator

import bcrypt
import pytest

from server.errors import Busy, Invalid
from server.services import passwords
from server.services.passwords import Passwords


@pytest.fixture
def hashes() -> Iterator[Passwords]:
    made = Passwords(cost=4)
    yield made
    made.close()


@pytest.mark.parametrize(
    "password", ["tangerine sky", "맑은하늘푸른바다", "ㅁㄴㅇㄹㅎㅕㅑ!", "x1" * 36, "correct horse", "        a b"]
)
def test_a_good_password_passes(password: str) -> None:
    passwords.check(password, "ana")


@pytest.mark.parametrize(
    ("password", "part"),
    [
        ("seven77", "too short: at least 8"),
        ("짧은비밀번", "too short"),
        ("y" * 36 + "z" * 37, "at most 72 bytes, and this one has 73"),
        ("가나다라마바사아자차카타파하거너더러머버서어저처커", "at most 72 bytes, and this one has 75"),
        ("password", "first that anybody would try"),
        ("PassWord1", "first that anybody would try"),
        ("1q2w3e4r", "first that anybody would try"),
        ("dkssudgktpdy", "first that anybody would try"),
        ("aaaaaaaaaaaa", "first that anybody would try"),
        ("ababababab", "first that anybody would try"),
        ("Ana.Banana", "is the username"),
        ("eight\0888", "cannot be used"),
        ("eight\udcff888", "cannot be used"),
    ],
)
def test_a_bad_password_is_refused_with_a_reason(password: str, part: str) -> None:
    with pytest.raises(Invalid, match=part) as caught:
        passwords.check(password, "ana.banana", "new_password")
    assert caught.value.field == "new_password"


def test_the_list_of_common_passwords_is_worth_its_name() -> None:
    common = passwords.common()
    assert len(common) >= 1000
    assert all(len(one) >= passwords.MIN_CHARACTERS and one == one.casefold() for one in common)


async def test_a_hash_is_bcrypt_and_matches_only_its_password(hashes: Passwords) -> None:
    made = await hashes.hash("tangerine sky")
    assert made.startswith("$2b$04$")
    assert bcrypt.checkpw(b"tangerine sky", made.encode())
    assert await hashes.matches("tangerine sky", made)
    assert not await hashes.matches("tangerine sea", made)
    assert not await hashes.matches("tangerine sky", None)


async def test_a_password_typed_apart_is_the_same(hashes: Passwords) -> None:
    made = await hashes.hash("맑은하늘푸른바다é")
    assert await hashes.matches(unicodedata.normalize("NFD", "맑은하늘푸른바다é"), made)


async def test_what_goes_beyond_bcrypt_is_never_cut_to_a_match(hashes: Passwords) -> None:
    made = await hashes.hash("p7" * 36)
    assert await hashes.matches("p7" * 36, made)
    assert not await hashes.matches("p7" * 36 + "x", made)
    assert not await hashes.matches("p7" * 500, made)
    assert not await hashes.matches("tangerine\0sky", await hashes.hash("tangerine?sky"))


async def test_an_unknown_name_costs_the_same_work(hashes: Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    real = bcrypt.checkpw

    def checkpw(password: bytes, hashed: bytes) -> bool:
        asked.append(hashed)
        return real(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", checkpw)
    assert not await hashes.matches("tangerine sky", await hashes.hash("another word"))
    assert not await hashes.matches("tangerine sky", None)
    assert [hashed[:7] for hashed in asked] == [b"$2b$04$", b"$2b$04$"]
    assert {len(hashed) for hashed in asked} == {60}


async def test_too_many_at_once_are_told_that_it_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = Passwords(cost=4, threads=1, max_waiting=2)
    go_on = threading.Event()
    real = bcrypt.hashpw

    def hashpw(password: bytes, salt: bytes) -> bytes:
        assert go_on.wait(10)
        return real(password, salt)

    monkeypatch.setattr(bcrypt, "hashpw", hashpw)
    waiting = [asyncio.create_task(hashes.hash("tangerine sky")) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Busy) as caught:
        await hashes.hash("tangerine sky")
    assert caught.value.retry_after_ms
    go_on.set()
    assert len(await asyncio.gather(*waiting)) == 3
    assert await hashes.hash("tangerine sky")
    hashes.close()
