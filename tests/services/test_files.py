"""Taking files in, giving them out, and letting them go."""

import asyncio
import os
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from server.errors import Expired, NotFound, RateLimited, TooLarge, Unavailable
from server.files.bucket import BucketStore
from server.services import files as service_module
from server.services.files import Files
from server.storage import files
from server.storage import people as profile
from server.storage.database import Database
from tests.conftest import People
from tests.fakes import SteppedClock
from tests.files import pictures
from tests.files.relay import Relay
from tests.files.shelf import BucketShelf, DiskShelf, bytes_of
from tests.files.stage import Talk, chunks, make_files
from tests.s3_under_test import S3Server

Shelf = DiskShelf | BucketShelf


@pytest.fixture
def service(db: Database, shelf: Shelf, clock: SteppedClock) -> Files:
    return make_files(db, shelf.store, clock)


async def test_a_file_comes_out_as_it_went_in(service: Files, people: People) -> None:
    (ana,) = await people.add("ana")
    body = await service.upload(ana, "notes.txt", chunks(b"line\n" * 100_000))
    assert (body.name, body.media_type, body.size_bytes) == ("notes.txt", "text/plain", 500_000)
    assert body.thumbnail_url is None
    opened = await service.open(body.id, ana)
    assert await bytes_of(opened) == b"line\n" * 100_000
    assert not opened.inline
    with pytest.raises(NotFound):
        await service.open_thumbnail(body.id, ana)


async def test_a_picture_has_its_size_a_tiny_one_and_no_place(service: Files, people: People) -> None:
    (ana,) = await people.add("ana")
    taken = pictures.from_a_camera("JPEG", pictures.noise((1200, 800)))
    body = await service.upload(ana, "IMG_1.txt", chunks(taken + b"and a film"))
    assert (body.media_type, body.width, body.height) == ("image/jpeg", 800, 1200)
    assert body.size_bytes == len(taken)
    assert body.blur is not None
    opened = await service.open(body.id, ana)
    assert opened.inline
    content = await bytes_of(opened)
    assert pictures.CAMERA not in content
    assert pictures.PLACE not in content
    assert pictures.decoded(content).tobytes() == pictures.decoded(taken).tobytes()
    small = await service.open_thumbnail(body.id, ana)
    assert pictures.decoded(await bytes_of(small)).size == (480, 720)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bomb.png", pictures.bomb()),
        ("truncated.jpg", pictures.encoded(pictures.noise(), "JPEG")[:9000]),
        ("script.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("page.jpg", b"<html><script>alert(document.cookie)</script></html>"),
        ("magic-then-page.jpg", b"\xff\xd8\xff<html><script>alert(1)</script></html>"),
        ("magic-then-page.gif", b"GIF89a/*<html>*/=1;alert(1)"),
        ("no paper.pdf", b"<script>alert(1)</script>\n%PDF-1.7\n"),
        ("nothing", b""),
    ],
)
async def test_what_a_browser_should_not_show_is_an_attachment(
    service: Files, people: People, name: str, content: bytes
) -> None:
    (ana,) = await people.add("ana")
    body = await service.upload(ana, name, chunks(content))
    opened = await service.open(body.id, ana)
    assert not opened.inline
    assert await bytes_of(opened) == content
    assert body.media_type not in ("image/jpeg", "image/png", "image/gif")
    assert (body.width, body.height, body.thumbnail_url, body.blur) == (None, None, None, None)


async def test_a_picture_that_holds_a_page_is_still_only_a_picture(service: Files, people: People) -> None:
    (ana,) = await people.add("ana")
    both = pictures.encoded(pictures.noise(), "JPEG", comment=b"<html><script>alert(1)</script></html>")
    body = await service.upload(ana, "both.html", chunks(both))
    opened = await service.open(body.id, ana)
    assert (opened.inline, opened.media_type) == (True, "image/jpeg")
    assert b"<script>" not in await bytes_of(opened)


async def test_one_byte_too_many_leaves_nothing(
    db: Database, people: People, shelf: Shelf, clock: SteppedClock
) -> None:
    (ana,) = await people.add("ana")
    service = make_files(db, shelf.store, clock, max_file_bytes=300_000)
    assert (await service.upload(ana, "fits", chunks(bytes(300_000)))).size_bytes == 300_000
    before = await shelf.names()
    with pytest.raises(TooLarge) as refusal:
        await service.upload(ana, "fits not", chunks(bytes(300_001)))
    assert refusal.value.field == "file"
    assert await shelf.names() == before


async def test_an_upload_that_breaks_off_leaves_nothing(service: Files, people: People, shelf: Shelf) -> None:
    (ana,) = await people.add("ana")

    async def broken() -> AsyncIterator[bytes]:
        yield bytes(1_000_000)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await service.upload(ana, "half", broken())
    assert await shelf.names() == set()


async def test_an_upload_that_is_cancelled_leaves_nothing(service: Files, people: People, shelf: Shelf) -> None:
    (ana,) = await people.add("ana")
    half_there, never = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield bytes(1_000_000)
        half_there.set()
        await never.wait()

    uploading = asyncio.create_task(service.upload(ana, "half", slow()))
    await half_there.wait()
    uploading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await uploading
    assert await shelf.names() == set()


async def test_a_refused_row_takes_its_bytes_along(
    service: Files, people: People, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ana,) = await people.add("ana")
    monkeypatch.setattr(files, "MAX_WAITING", 0)
    with pytest.raises(RateLimited):
        await service.upload(ana, "one too many.png", chunks(pictures.plain()))
    assert await shelf.names() == set()


async def test_thirty_megabytes_pass_through_little_memory(service: Files, shelf: Shelf, people: People) -> None:
    (ana,) = await people.add("ana")

    async def long() -> AsyncIterator[bytes]:
        for _ in range(480):
            yield os.urandom(65_536)

    tracemalloc.start()
    try:
        body = await service.upload(ana, "film.bin", long())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert body.size_bytes == 480 * 65_536
    assert peak < 4_000_000 + shelf.holds_bytes


async def test_an_account_uploads_a_few_at_once_and_no_more(service: Files, people: People) -> None:
    ana, ben = await people.add("ana", "ben")
    goes_on, all_begun = asyncio.Event(), asyncio.Barrier(service_module.UPLOADS_AT_ONCE + 1)

    async def waiting() -> AsyncIterator[bytes]:
        await all_begun.wait()
        await goes_on.wait()
        yield b"x"

    uploads = [asyncio.create_task(service.upload(ana, "x", waiting())) for _ in range(service_module.UPLOADS_AT_ONCE)]
    await all_begun.wait()
    with pytest.raises(RateLimited):
        await service.upload(ana, "one too many", chunks(b"x"))
    await service.upload(ben, "somebody else's", chunks(b"x"))
    goes_on.set()
    await asyncio.gather(*uploads)
    await service.upload(ana, "later", chunks(b"x"))


async def test_a_link_opens_for_five_minutes_what_its_maker_may_have(
    service: Files, db: Database, people: People, clock: SteppedClock
) -> None:
    ana, ben, cho = await people.add("ana", "ben", "cho")
    talk = await Talk(db).begin([ana, ben])
    body = await service.upload(ana, "a.txt", chunks(b"x"))
    await talk.send(ana, body)
    made = await service.link(body.id, ben)
    assert made.url.startswith(body.url + "?link=")
    assert made.expires_at == clock() + 5 * 60 * 1000
    word = made.url.partition("?link=")[2]
    clock.step(minutes=4)
    assert await service.account_of_link(body.id, word) == ben
    clock.step(minutes=1)
    with pytest.raises(Expired):
        await service.account_of_link(body.id, word)
    with pytest.raises(NotFound):
        await service.link(body.id, cho)


async def test_the_sweep_takes_what_nobody_needs(
    service: Files, db: Database, people: People, shelf: Shelf, clock: SteppedClock
) -> None:
    (ana,) = await people.add("ana")
    talk = await Talk(db).begin([ana])
    sent = await service.upload(ana, "sent.txt", chunks(b"sent"))
    await talk.send(ana, sent)
    face = await service.upload(ana, "face.png", chunks(pictures.plain()))
    await db.write(profile.set_profile, ana, None, face.id, 1)
    await service.upload(ana, "orphan.png", chunks(pictures.plain()))
    clock.step(days=1, minutes=1)
    young = await service.upload(ana, "young.txt", chunks(b"young"))
    await shelf.put("ab/" + "ab" * 16, b"a crash came between this and its row")
    shelf.clock.ahead_s = 25 * 3600
    assert await service.sweep() == 2
    assert await service.sweep() == 0
    for kept in (sent, face, young):
        assert len(await bytes_of(await service.open(kept.id, ana))) == kept.size_bytes
    assert len(await shelf.names()) == 4
    assert (await service.open_picture(ana))[0] == face.id


async def test_bytes_of_a_deleted_message_are_removed(
    service: Files, db: Database, people: People, shelf: Shelf
) -> None:
    (ana,) = await people.add("ana")
    talk = await Talk(db).begin([ana])
    seq = await talk.send(ana, await service.upload(ana, "a.png", chunks(pictures.plain())))
    await service.forget(await talk.delete(seq))
    assert await shelf.names() == set()


async def test_who_deletes_does_not_wait_for_a_store_that_stalls_and_the_sweep_comes_back_to_it(
    db: Database,
    people: People,
    s3: S3Server,
    tmp_path: Path,
    clock: SteppedClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (ana,) = await people.add("ana")
    shelf = BucketShelf(s3, tmp_path)
    async with Relay(s3.port) as relay:
        far = replace(shelf.bucket, endpoint=f"http://127.0.0.1:{relay.port}")
        store = BucketStore(far, s3.credentials, tmp_path / "far", max_file_bytes=10**8, timeout_s=1, clock=shelf.clock)
        service = make_files(db, store, clock)
        talk = await Talk(db).begin([ana])
        seq = await talk.send(ana, *[await service.upload(ana, "a.txt", chunks(b"x")) for _ in range(9)])
        await service.upload(ana, "never sent.txt", chunks(b"y"))
        keys = await talk.delete(seq)
        clock.step(days=2)
        shelf.clock.ahead_s = 2 * 86_400
        monkeypatch.setattr(service_module, "FORGET_S", 0.2)
        relay.stall()
        await service.forget(keys)
        assert "could not be removed in time" in caplog.text, "it waited until the store had given up"
        assert await service.sweep() == 1  # its row is gone, at least
        relay.go_on()
        await service.sweep()
        assert await shelf.names() == set()


async def test_a_row_without_its_bytes_is_not_found(service: Files, people: People, shelf: Shelf) -> None:
    (ana,) = await people.add("ana")
    body = await service.upload(ana, "a.txt", chunks(b"x"))
    await shelf.clear()
    with pytest.raises(NotFound):
        await service.open(body.id, ana)


async def test_what_the_store_complains_of_is_remembered(
    service: Files, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check(self: object) -> None:
        raise Unavailable("It is away.")

    await service.check()
    assert service.complaints() == []
    with monkeypatch.context() as away:
        away.setattr(type(shelf.store), "check", check)
        await service.check()
    assert service.complaints() == ["It is away."]
    await service.check()
    assert service.complaints() == []
