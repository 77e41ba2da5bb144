"""A labelled set of queries over some thousand sentences: everything that is meant is found, and nothing else."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from server.protocol import chat
from server.storage.database import Database
from server.storage.search import searching
from server.storage.search.queries import phrases
from tests.postgres_server import PostgresServer
from tests.search.labels import labels, plain
from tests.search.library import READER, everything_said, filled

SAID = everything_said(1350)
SPELLED = [plain(text) for text in SAID]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path | str]:
    """All the sentences, in a database that is filled once."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("library") / "madang.db"
        filled(path, SAID)
        yield path
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    address = server.new_database()
    filled(address, SAID)
    yield address
    server.drop(address)


@pytest.fixture
async def db(library: Path | str) -> AsyncIterator[Database]:
    opened = Database(library)
    await opened.open()
    yield opened
    await opened.close()


def find(query: str, limit: int = 10_000) -> list[chat.SearchHit]:
    asked = searching.Search(
        account_id=READER, phrases=phrases(query), conversation_id=None, from_id=None, after=None, before=None,
        has=None, best_first=False, limit=limit, now=0,
    )  # fmt: skip
    return searching.search(asked)[0]


def place_of(at: int) -> tuple[int, int]:
    """Where the library has put a sentence: its conversation and seq."""
    return at % 6 + 1, at // 6 + 1


def test_there_is_enough_to_look_for_and_to_find() -> None:
    assert len(SAID) >= 5000
    assert len({label.typed for label in labels()}) >= 400
    assert [label.typed for label in labels() if not any(label.fits(text) for text in SPELLED)] == []


@pytest.mark.parametrize("part", range(4))
async def test_what_is_meant_is_found_and_nothing_else(
    db: Database, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if the reader saw far more: then nothing is looked up by conversations.
    monkeypatch.setattr(searching, "FEW", 0)

    def look() -> dict[str, tuple[set[tuple[int, int]], set[tuple[int, int]]]]:
        wrong = {}
        for label in labels()[part::4]:
            meant = {place_of(at) for at, text in enumerate(SPELLED) if label.fits(text)}
            found = {(hit.conversation_id, hit.seq) for hit in find(label.typed)}
            if found != meant:
                wrong[label.typed] = (meant - found, found - meant)
        return wrong

    assert await db.read(look) == {}


async def test_one_letter_finds_every_place_where_it_stands(db: Database) -> None:
    def look() -> list[str]:
        wrong = []
        for letter in "붕검을도会議雨车图ー":
            meant = {place_of(at) for at, text in enumerate(SAID) if letter in _composed(text)}
            if {(hit.conversation_id, hit.seq) for hit in find(letter)} != meant or not meant:
                wrong.append(letter)
        return wrong

    assert await db.read(look) == []


async def test_what_was_found_is_marked(db: Database) -> None:
    def look() -> set[str]:
        hits = [hit for query in ("색기", "의실", "ｻｰﾊﾞｰ", "cafe", "服务器", "noodle") for hit in find(query, limit=20)]
        return {hit.text[mark.start : mark.end] for hit in hits for mark in hit.highlights}

    marked = {_composed(text).lower() for text in await db.read(look)}
    assert marked == {"색기", "의실", "サーバー", "café", "服务器", "noodle"}


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)
