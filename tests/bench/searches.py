"""Searches in a database of very many messages, without sockets: how long each takes, and what the index costs."""

from __future__ import annotations

import contextlib
import os
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from server.storage.database import Database
from server.storage.search import searching
from server.storage.search.queries import phrases
from server.storage.unit import fetch_all, several_write
from tests.bench.measure import percentile_ms
from tests.bench.peers import Peer
from tests.postgres_server import PostgresServer
from tests.search.library import BEGAN, READER, STEP_MS, Filler, index_all
from tests.search.sentences import LANGUAGES, sentences

PEOPLE, PLACES = 200, 400
BATCH = 5_000
_PHRASES = ('"the meeting"', '"see you at"', '"마음에 들어요"', "node.js", "pull request")


@dataclass(frozen=True, slots=True, kw_only=True)
class Library(Peer):
    """A new database that nobody has open."""

    address: Path | str


@contextlib.contextmanager
def on_sqlite(folder: Path, people: int, group_size: int) -> Iterator[Library]:
    """A file."""
    yield Library(os.getpid, 0, (), address=folder / "madang.db")


@contextlib.contextmanager
def on_postgres(folder: Path, people: int, group_size: int) -> Iterator[Library]:
    """A PostgreSQL with the settings of the tests'."""
    with PostgresServer() as postgres:
        yield Library(os.getpid, 0, (), address=postgres.new_database())


async def measure(peer: Library, messages: int, searches: int) -> dict[str, float]:
    """Fills the database, indexes it, and asks; half of the questions are by somebody who sees a twentieth of it."""
    db = Database(peer.address)
    await db.open()
    try:
        await _fill(db, messages)
        before, began = await db.read(_size), time.perf_counter()
        await index_all(db)
        took = time.perf_counter() - began
        # As PostgreSQL does by itself a while after much was written.
        if not isinstance(peer.address, Path):
            await db.write(fetch_all, "analyze search_message")
        size = await db.read(_size) - before
        times, found = [], 0
        for asked in _questions(messages, searches):
            began = time.perf_counter()
            hits, _, _ = await db.read(searching.search, asked)
            times.append(time.perf_counter() - began)
            found += bool(hits)
    finally:
        await db.close()
    return {
        "search_p50_ms": percentile_ms(times, 50),
        "search_p99_ms": percentile_ms(times, 99),
        "search_worst_ms": percentile_ms(times, 100),
        "with_hits_percent": round(100 * found / len(times), 1),
        "index_mb": round(size / 1e6, 1),
        "index_s": round(took, 1),
        "load_percent": 0.0,
    }


async def _fill(db: Database, messages: int) -> None:
    chance = random.Random(7)
    sizes = [1 / (rank + 2) for rank in range(PLACES)]
    speakers = [sentences(language, messages * 2) for language in LANGUAGES]
    filler = Filler(PEOPLE, PLACES)
    await db.write(filler.begin)
    for start in range(0, messages, BATCH):
        places = chance.choices(range(1, PLACES + 1), sizes, k=min(BATCH, messages - start))
        await db.write(filler.say, [(place, chance.randint(1, PEOPLE), _text(chance, speakers)) for place in places])
    await db.write(
        filler.end, lambda place: [READER, *(who for who in range(2, PEOPLE + 1) if (place + who) % 20 == 0)]
    )


def _text(chance: random.Random, speakers: Sequence[Iterator[str]]) -> str:
    return " ".join(next(chance.choice(speakers)) for _ in range(chance.choice((1, 1, 2))))


def _questions(messages: int, count: int) -> Iterator[searching.Search]:
    """A mixture: words, parts of words, single letters, several words, phrases, filters; newest and best first."""
    chance = random.Random(11)
    nouns = [noun for words, _ in LANGUAGES.values() for noun in words]
    for number in range(count):
        noun = chance.choice(nouns)
        kinds = (noun, noun, noun[:3], noun[:2] if not noun.isascii() else noun, f"{noun} {chance.choice(nouns)}")
        query = chance.choice((*kinds, chance.choice(_PHRASES), noun[0] if not noun.isascii() else noun, "zzz"))
        narrow = number % 5 == 0
        at = BEGAN + chance.randint(0, messages) * STEP_MS
        yield searching.Search(
            account_id=chance.choice((READER, 7)),
            phrases=phrases(query),
            conversation_id=None,
            from_id=chance.randint(1, PEOPLE) if narrow else None,
            after=None,
            before=at if number % 7 == 0 else None,
            has=None,
            best_first=number % 4 == 0,
            limit=20,
            now=BEGAN + messages * STEP_MS,
        )


def _size() -> int:
    """Bytes of the database."""
    if several_write():
        return int(fetch_all("select pg_database_size(current_database())")[0][0])
    return int(fetch_all("pragma page_count")[0][0]) * int(fetch_all("pragma page_size")[0][0])
