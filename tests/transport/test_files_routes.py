"""The HTTP doors of files, over real connections."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest

from server.files.store import key_of
from server.protocol import chat
from server.services.files import Files
from server.storage import files
from server.storage import people as profile
from server.storage.database import Database
from tests.files import pictures
from tests.files.shelf import BucketShelf, DiskShelf
from tests.files.stage import Talk
from tests.people import Person, make_people
from tests.transport.files_door import MAX_FILE_BYTES, Door, code_of, open_door

Shelf = DiskShelf | BucketShelf
NOT_FOUND = "There is no such file."


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """One kind of database will do: here it is about files."""
    return tmp_path / "madang.db"


@pytest.fixture
async def people(db: Database) -> dict[str, Person]:
    return await make_people(db, ["ana", "ben", "cho"])


@pytest.fixture
async def door(db: Database, shelf: Shelf) -> AsyncIterator[Door]:
    async with open_door(db, shelf.store) as door:
        yield door


async def test_a_file_goes_up_and_comes_down(door: Door, people: dict[str, Person]) -> None:
    stored = await door.upload(people["ana"], b"hello", "회의 100% {yes} #1.txt")
    assert stored["media_type"] == "text/plain"
    assert stored["size_bytes"] == 5
    answer = await door.get(stored["url"], people["ana"])
    assert (answer.status, await answer.read()) == (200, b"hello")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="__ 100_ {yes} #1.txt"; ')
    assert disposition.endswith("filename*=UTF-8''" + quote("회의 100% {yes} #1.txt", safe=""))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "private" in answer.headers["Cache-Control"]
    assert "Cookie" in answer.headers["Vary"]


async def test_a_picture_is_shown_inline_and_has_a_thumbnail(door: Door, people: dict[str, Person]) -> None:
    stored = await door.upload(people["ana"], pictures.plain("PNG", (900, 600)), "p.html")
    assert (stored["width"], stored["height"]) == (900, 600)
    answer = await door.get(stored["url"], people["ana"])
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith("inline;")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    small = await door.get(stored["thumbnail_url"], people["ana"])
    assert small.headers["Content-Type"] == "image/webp"
    assert pictures.decoded(await small.read()).size == (720, 480)


async def test_sound_is_played_inline_and_runs_nothing(door: Door, people: dict[str, Person]) -> None:
    stored = await door.upload(people["ana"], b"RIFF\x24\x00\x00\x00WAVEfmt <script>", "voice.html")
    answer = await door.get(stored["url"], people["ana"])
    assert answer.headers["Content-Type"] == "audio/wav"
    assert answer.headers["Content-Disposition"].startswith("inline;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox")
    assert "default-src 'none'" in policy
    assert "script" not in policy


async def test_a_pdf_is_shown_by_the_browsers_own_viewer(door: Door, people: dict[str, Person]) -> None:
    stored = await door.upload(people["ana"], b"%PDF-1.7\n<script>alert(1)</script>", "plan.html")
    answer = await door.get(stored["url"], people["ana"])
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("inline;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    # No browser opens its viewer in a sandbox; nothing else may be loaded or run.
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert not {"sandbox", "script-src", "unsafe-eval"} & set(policy.replace(";", "").split())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("a.html", b"<!doctype html><script>alert(1)</script>"),
        ("a.jpg", b"<!doctype html><script>alert(1)</script>"),
        ("a.pdf", b" %PDF-1.7\n<script>alert(1)</script>"),
        ("a.js", b"alert(1)"),
        ("bomb.png", pictures.bomb()),
        ("empty", b""),
    ],
)
async def test_nothing_else_is_ever_a_page(door: Door, people: dict[str, Person], name: str, content: bytes) -> None:
    stored = await door.upload(people["ana"], content, name)
    answer = await door.get(stored["url"], people["ana"])
    assert await answer.read() == content
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert (await door.get(f"/api/v1/files/{stored['id']}/thumbnail", people["ana"])).status == 404


@pytest.mark.parametrize("number", ["0", "-1", "1e3", "٣", "9" * 30, "0" * 10 + "9" * 30, "0" * 16 + "1" * 5000])
async def test_what_is_no_number_of_anything_is_not_found(door: Door, people: dict[str, Person], number: str) -> None:
    for path in (f"files/{number}/a.txt", f"files/{number}/thumbnail", f"accounts/{number}/picture"):
        answer = await door.get(f"/api/v1/{quote(path)}", people["ana"])
        assert (await code_of(answer))[:2] == (404, "not_found")


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\\..\\b", "CON", "x\u202egpj.exe", "thumbnail", "..", "a;b=c.txt"]
)
async def test_no_name_leads_anywhere_else(door: Door, people: dict[str, Person], shelf: Shelf, name: str) -> None:
    stored = await door.upload(people["ana"], b"content", name)
    answer = await door.get(stored["url"], people["ana"])
    assert await answer.read() == b"content"
    assert all(key_of(place) for place in await shelf.names())
    assert "\u202e" not in str(stored["name"])


async def test_parts_of_a_file_can_be_asked_for(door: Door, people: dict[str, Person]) -> None:
    content = bytes(range(256)) * 10
    ana = people["ana"]
    url = (await door.upload(ana, content))["url"]
    for asked, status, expected in [
        ("bytes=0-9", 206, content[:10]),
        ("bytes=2550-", 206, content[2550:]),
        ("bytes=-5", 206, content[-5:]),
        ("bytes=100-99999", 206, content[100:]),
        ("bytes=2560-", 416, b""),
    ]:
        answer = await door.get(url, ana, Range=asked)
        assert answer.status == status, asked
        assert await answer.read() == expected
    assert answer.headers["Content-Range"] == "bytes */2560"
    whole = await door.get(url, ana)
    again = await door.get(url, ana, **{"If-None-Match": whole.headers["ETag"]})
    assert (again.status, await again.read()) == (304, b"")
    head = await door.client.head(str(url), headers=ana.headers)
    assert (head.status, head.headers["Content-Length"]) == (200, "2560")


async def test_only_members_get_it_and_others_cannot_tell_that_it_exists(
    door: Door, db: Database, people: dict[str, Person]
) -> None:
    ana, ben, cho = (people[name] for name in ("ana", "ben", "cho"))
    talk = await Talk(db).begin([ana.id, ben.id])
    stored = await door.upload(ana, pictures.plain())
    paths = (stored["url"], stored["thumbnail_url"])

    async def seen_by(person: Person | None) -> set[object]:
        answers = [await door.get(path, person) for path in paths]
        return {answer.status if answer.status == 200 else await code_of(answer) for answer in answers}

    refused = {(404, "not_found", NOT_FOUND)}
    assert await seen_by(ana) == {200}
    assert await seen_by(ben) == refused
    await door.client.post(f"/api/v1/files/{stored['id']}/link", headers=ben.headers)
    seq = await talk.send(ana.id, await _body(db, stored))
    assert await seen_by(ben) == {200}
    assert await seen_by(cho) == await seen_by(None) == refused
    stranger = await door.client.post(f"/api/v1/files/{stored['id']}/link", headers=cho.headers)
    assert await code_of(stranger) == (404, "not_found", NOT_FOUND)
    absent = {await code_of(await door.get(f"/api/v1/files/{id}/x", ben)) for id in (999, 0, "x", 10**30, "%D9%A3", -1)}
    assert absent == refused
    await talk.remove(ben.id)
    assert await seen_by(ben) == refused
    await talk.add(ben.id)
    assert await seen_by(ben) == {200}
    await talk.delete(seq)
    assert await seen_by(ben) == await seen_by(ana) == refused


async def test_a_link_needs_no_session_but_its_maker_must_still_be_a_member(
    door: Door, db: Database, people: dict[str, Person]
) -> None:
    ana, ben = people["ana"], people["ben"]
    talk = await Talk(db).begin([ana.id, ben.id])
    stored = await door.upload(ana, pictures.plain())
    await talk.send(ana.id, await _body(db, stored))
    answer = await door.client.post(f"/api/v1/files/{stored['id']}/link", headers=ben.headers)
    assert answer.status == 201
    url = (await answer.json())["url"]
    shown = await door.get(url)
    assert shown.status == 200
    assert shown.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert shown.headers["Cache-Control"] == "private, max-age=300"
    word = url.partition("?link=")[2]
    assert (await door.get(f"{stored['thumbnail_url']}?link={word}")).status == 200
    other = await door.upload(ben, b"another")
    assert (await door.get(f"{other['url']}?link={word}")).status == 404
    assert (await door.get(url[:-1] + ("0" if url[-1] != "0" else "1"))).status == 404
    await talk.remove(ben.id)
    assert (await door.get(url)).status == 404


async def test_a_face_is_seen_by_whoever_is_signed_in(door: Door, db: Database, people: dict[str, Person]) -> None:
    ana, cho = people["ana"], people["cho"]
    stored = await door.upload(ana, pictures.plain())
    await db.write(profile.set_profile, ana.id, None, int(str(stored["id"])), 1)
    path = f"/api/v1/accounts/{ana.id}/picture"
    plain, versioned = await door.get(path, cho), await door.get(f"{path}?v={stored['id']}", cho)
    assert plain.status == versioned.status == 200
    assert plain.headers["Cache-Control"] == "private, no-cache"
    assert "immutable" in versioned.headers["Cache-Control"]
    assert (await door.get(path)).status == 401
    assert (await door.get(f"/api/v1/accounts/{cho.id}/picture", cho)).status == 404
    # The picture as it was uploaded stays Ana's own.
    assert (await door.get(stored["url"], cho)).status == 404


async def test_nobody_uploads_without_signing_in(door: Door, shelf: Shelf) -> None:
    nobody = Person(0, "nobody", "no-token")
    assert (await door.send(nobody, b"x")).status == 401
    assert await shelf.names() == set()


async def test_too_large_a_file_is_refused_whether_announced_or_not(
    door: Door, people: dict[str, Person], shelf: Shelf
) -> None:
    ana = people["ana"]
    assert (await code_of(await door.send(ana, bytes(MAX_FILE_BYTES + 1))))[:2] == (413, "too_large")
    assert (await code_of(await door.send(ana, bytes(MAX_FILE_BYTES + 200_000))))[:2] == (413, "too_large")

    async def unannounced() -> AsyncIterator[bytes]:
        yield _form_head()
        for _ in range(40):
            yield bytes(65_536)
        yield b"\r\n--edge--\r\n"

    answer = await door.client.post("/api/v1/files", data=unannounced(), headers={**ana.headers, **_EDGE})
    assert (await code_of(answer))[:2] == (413, "too_large")
    assert await shelf.names() == set()


_EDGE = {"Content-Type": "multipart/form-data; boundary=edge"}


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": "application/json"}, b"{}"),
        ({"Content-Type": "multipart/form-data"}, b"--edge--\r\n"),
        ({"Content-Type": "multipart/mixed; boundary=edge"}, b"--edge--\r\n"),
        (_EDGE, b""),
        (_EDGE, b"--edge--\r\n"),
        (_EDGE, b"no form at all"),
        (_EDGE, b"x" * 300_000),
        (_EDGE, b"--edge\r\nnot a header\r\n\r\nx\r\n--edge--\r\n"),
        (
            _EDGE,
            b"--edge\r\nContent-Disposition: form-data; name=file" + b"; x=y" * 9000 + b"\r\n\r\nx\r\n--edge--\r\n",
        ),
        (_EDGE, b'--edge\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--edge--\r\n'),
        (_EDGE, b'--edge\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nit breaks off'),
        (_EDGE, b'--edge\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nx\r\n--edge'),
        (_EDGE, b'--edge\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nx\r\n--edge\r\n'),
        (
            _EDGE,
            b'--edge\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nx\r\n'
            b'--edge\r\nContent-Disposition: form-data; name="file"; filename="y"\r\n\r\ny\r\n--edge--\r\n',
        ),
        (_EDGE, b"--edge\r\nContent-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\r\nx\r\n--in--\r\n--edge--\r\n"),
    ],
)
async def test_a_form_that_is_not_whole_is_refused_and_leaves_nothing(
    door: Door, people: dict[str, Person], shelf: Shelf, headers: dict[str, str], body: bytes
) -> None:
    answer = await door.client.post("/api/v1/files", data=body, headers={**people["ana"].headers, **headers})
    assert (await code_of(answer))[:2] == (422, "invalid")
    assert await shelf.names() == set()


async def test_a_connection_that_is_cut_leaves_nothing(
    door: Door, people: dict[str, Person], shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()
    receive = Files.upload

    async def upload(self: Files, *args: object) -> object:
        begun.set()
        try:
            return await receive(self, *args)  # type: ignore[arg-type]
        finally:
            ended.set()

    monkeypatch.setattr(Files, "upload", upload)
    _, writer = await _begin_upload(door, people["ana"], announced=1_000_000)
    await asyncio.wait_for(begun.wait(), 60)
    writer.write(bytes(500_000))
    await writer.drain()
    writer.transport.abort()
    await asyncio.wait_for(ended.wait(), 60)
    assert await shelf.names() == set()


async def test_an_upload_that_stands_still_is_given_up(door: Door, people: dict[str, Person], shelf: Shelf) -> None:
    reader, writer = await _begin_upload(door, people["ana"], announced=1_000_000)
    status = await asyncio.wait_for(reader.readline(), 60)
    assert b" 503 " in status
    assert await shelf.names() == set()
    writer.close()


async def _begin_upload(
    door: Door, person: Person, announced: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    url = door.client.make_url("/")
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = (
        f"POST /api/v1/files HTTP/1.1\r\nHost: {url.host}\r\nAuthorization: Bearer {person.token}\r\n"
        f"Content-Type: {_EDGE['Content-Type']}\r\nContent-Length: {announced}\r\n\r\n"
    )
    writer.write(head.encode() + _form_head() + b"the beginning")
    await writer.drain()
    return reader, writer


def _form_head() -> bytes:
    return b'--edge\r\nContent-Disposition: form-data; name="file"; filename="x.bin"\r\n\r\n'


async def _body(db: Database, stored: dict[str, object]) -> chat.File:
    return files.body(await db.read(files.get, int(str(stored["id"]))))
