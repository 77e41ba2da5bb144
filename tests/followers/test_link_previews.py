"""Cards under messages: what pages say of themselves, when a card comes and goes, and whose hands it passes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import msgspec
import pytest

from server.errors import NotFound
from server.followers.link_previews import LinkPreviews, first_link
from server.followers.page_head import head_of
from server.protocol import chat
from server.services.files import Files
from server.storage import files as file_rows
from server.storage import previews
from server.storage.database import Database
from tests.conftest import People
from tests.fakes import SteppedClock
from tests.files import pictures
from tests.files.shelf import DiskShelf
from tests.files.stage import make_files
from tests.followers.web import HIDDEN, Web
from tests.services.test_messages import Yard, yard
from tests.storage.writer import together_in_one_group
from tests.transport.test_contract import check_entry

__all__ = ["yard"]

PAGE = """<!doctype html><html><head><title>Old&nbsp;title</title>
<meta property="og:title" content="Gates of the old town &amp; yard">
<meta name="description" content="How they were\n built.">
<meta property="og:site_name" content="Town news"><meta property="og:image" content="/gate.png">
</head><body><title>not this</title></body></html>"""


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("see https://example.org/a.", "https://example.org/a"),
        ("(https://example.org/a_(b)) and http://other.example", "https://example.org/a_(b)"),
        (
            "`https://example.org/code` ```\nhttps://example.org/block\n``` https://example.org/words",
            "https://example.org/words",
        ),
        ("HTTPS://EXAMPLE.org", "HTTPS://EXAMPLE.org"),
        ("기사: https://example.org/기사。", "https://example.org/기사"),
        ("no link, just http and ftp://example.org", None),
        ("https://example.org/" + "x" * 3000, None),
    ],
)
def test_the_first_link_of_a_text(text: str, url: str | None) -> None:
    assert first_link(text) == url


def test_what_a_page_says_of_itself() -> None:
    head = head_of(PAGE.encode(), None, "https://town.example/news/1")
    assert head is not None
    assert (head.title, head.description, head.site_name, head.image_url) == (
        "Gates of the old town & yard", "How they were built.", "Town news", "https://town.example/gate.png",
    )  # fmt: skip
    korean = '<meta charset="euc-kr"><title>마당의 문</title>'.encode("euc-kr")
    assert (found := head_of(korean, None, "https://a.example/")) is not None
    assert found.title == "마당의 문"
    turned = head_of("<title>\u202eevil\u0000 \u200b title</title>".encode(), "utf-8", "https://a.example/")
    assert turned is not None
    assert turned.title == "evil title"
    long = head_of(f"<title>{'가' * 900}</title>".encode(), "no-such-charset", "https://a.example/")
    assert long is not None
    assert len(long.title) == 200
    for nothing in (b"", b"<title></title>", b"<p>words", b"\xff\xfe<", b"<meta " * 10_000):
        assert head_of(nothing, None, "https://a.example/") is None
    assert (
        bad := head_of(
            b'<title>x</title><meta property="og:image" content="javascript:alert(1)">', None, "https://a.example"
        )
    ) is not None
    assert bad.image_url is None


@pytest.fixture
async def net() -> AsyncIterator[Web]:
    async with Web() as net:
        net.page("/news", PAGE)
        net.page("/gate.png", pictures.encoded(pictures.noise(), "PNG"), "image/png")
        yield net


@pytest.fixture
async def files(db: Database, tmp_path: object, clock: SteppedClock, disk: DiskShelf) -> Files:
    return make_files(db, disk.store, clock)


@pytest.fixture
def disk(tmp_path: object) -> DiskShelf:
    return DiskShelf(tmp_path)  # type: ignore[arg-type]


@pytest.fixture
async def follower(db: Database, net: Web, files: Files, clock: SteppedClock) -> AsyncIterator[LinkPreviews]:
    made = LinkPreviews(db, net.fetcher(), clock, files.card_picture, files.forget, ["http://talk.example.org"])
    yield made
    await made.stop()


async def cards(yard: Yard, who: int) -> list[chat.Preview]:
    return (await yard.page(who)).messages[-1].previews


async def test_a_link_gets_a_card_with_our_own_copy_of_the_picture(
    yard: Yard, people: People, net: Web, follower: LinkPreviews, files: Files
) -> None:
    await yard.send(people["ana"], f"read {net.url('/news')}!")
    await follower.catch_up()
    [card] = await cards(yard, people["ben"])
    assert (card.url, card.title) == (net.url("/news"), "Gates of the old town & yard")
    assert card.image is not None
    opened = await files.open_thumbnail(card.image.id, people["ben"])
    assert opened.media_type == "image/webp"
    [dan] = await people.add("dan")
    with pytest.raises(NotFound):
        await files.open_thumbnail(card.image.id, dan)
    entry = (await yard.log(people["ben"]))[-1]
    assert (entry.kind, entry.actor_id) == ("previews_changed", people["ana"])
    check_entry(json.loads(msgspec.json.encode(entry)))
    assert (await yard.page(people["ben"])).messages[-1].attachments == []
    await follower.catch_up()
    assert sum(request.path == "/news" for requests in net.asked.values() for request in requests) == 1


async def test_what_leads_to_hidden_machines_to_nothing_or_to_ourselves_gets_none(
    yard: Yard, people: People, net: Web, follower: LinkPreviews
) -> None:
    net.page("/empty", "words without a head")
    for url in (
        f"http://{HIDDEN}:{net.port}/news", net.url("/empty"), net.url("/missing"), "http://nobody.example/",
        "http://talk.example.org/c/1/m/2",
    ):  # fmt: skip
        await yard.send(people["ana"], url)
        await follower.catch_up()
        assert await cards(yard, people["ana"]) == []
    assert net.asked[HIDDEN] == []
    assert {entry.kind for entry in await yard.log(people["ana"], 3)} == {"message_created"}


async def test_a_picture_of_a_hidden_machine_or_a_broken_one_leaves_a_card_without(
    yard: Yard, people: People, net: Web, follower: LinkPreviews
) -> None:
    for image in (f"http://{HIDDEN}:{net.port}/gate.png", "/broken.png"):
        net.page("/broken.png", b"\x89PNG\r\n\x1a\nnothing more", "image/png")
        net.page("/page", f'<title>A page</title><meta property="og:image" content="{image}">')
        await yard.send(people["ana"], net.url("/page"))
        await follower.catch_up()
        [card] = await cards(yard, people["ana"])
        assert (card.title, card.image) == ("A page", None)
    assert net.asked[HIDDEN] == []


async def test_an_edit_brings_another_card_or_takes_it_away(
    yard: Yard, people: People, net: Web, follower: LinkPreviews, db: Database
) -> None:
    net.page("/other", "<title>Another page</title>")
    seq = (await yard.send(people["ana"], net.url("/news"))).seq
    await follower.catch_up()
    [card] = await cards(yard, people["ana"])
    assert card.image is not None
    for text, titles in (
        (f"{net.url('/other')} instead", ["Another page"]),
        (f"{net.url('/other')} and words", ["Another page"]),
        ("nothing", []),
    ):
        await yard.messages.edit(people["ana"], chat.EditMessage(conversation_id=yard.group, seq=seq, text=text))
        await follower.catch_up()
        assert [one.title for one in await cards(yard, people["ben"])] == titles
    with pytest.raises(NotFound):
        await db.read(file_rows.get, card.image.id)
    assert len(net.asked["127.0.0.1"]) == 3, "the page, its picture, and the other page once"


async def test_the_author_takes_a_card_away_and_it_does_not_come_back(
    yard: Yard, people: People, net: Web, follower: LinkPreviews, files: Files
) -> None:
    seq = (await yard.send(people["ana"], net.url("/news"))).seq
    await follower.catch_up()
    command = chat.RemovePreviews(conversation_id=yard.group, seq=seq)
    with pytest.raises(Exception, match="your own"):
        await yard.messages.remove_previews(people["ben"], command)
    first = await yard.messages.remove_previews(people["ana"], command)
    assert await yard.messages.remove_previews(people["ana"], command) == first
    await follower.catch_up()
    assert await cards(yard, people["ana"]) == []
    assert len(yard.forgotten) == 1


async def test_a_card_that_is_taken_away_twice_at_the_same_moment_has_gone_once(
    yard: Yard, people: People, net: Web, follower: LinkPreviews, db: Database, clock: SteppedClock
) -> None:
    seq = (await yard.send(people["ana"], net.url("/news"))).seq
    await follower.catch_up()
    removal = (previews.remove, people["ana"], yard.group, seq, clock())
    (first, gone), (again, nothing) = await together_in_one_group(db, removal, removal)
    assert first == again == seq + 2
    assert (len(gone), nothing) == (1, [])


async def test_a_message_that_is_deleted_meanwhile_gets_none_and_a_card_goes_with_its_message(
    yard: Yard, people: People, net: Web, follower: LinkPreviews, files: Files, disk: DiskShelf, db: Database
) -> None:
    first = (await yard.send(people["ana"], net.url("/news"))).seq
    await follower.catch_up()
    [card] = await cards(yard, people["ana"])
    second = (await yard.send(people["ana"], net.url("/news"))).seq
    looks, _ = await db.write(follower._take)
    for seq in (first, second):
        await yard.messages.delete(people["ana"], chat.DeleteMessage(conversation_id=yard.group, seq=seq))
    for look in looks:
        await follower._look(look)
    assert await cards(yard, people["ana"]) == []
    assert len(yard.forgotten) == 1, "the picture of the first; that of the second was never a message's"
    assert card.title not in str([entry.data for entry in await yard.log(people["ana"])])


async def test_what_was_said_long_ago_gets_none(
    yard: Yard, people: People, net: Web, follower: LinkPreviews, clock: SteppedClock
) -> None:
    await yard.send(people["ana"], net.url("/news"))
    clock.step(ms=11 * 60 * 1000)
    await follower.catch_up()
    assert await cards(yard, people["ana"]) == []
    assert net.asked == {}
