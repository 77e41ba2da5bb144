"""The index for search is looked at beside the messages, and made right again; making it anew works beside a server."""

from __future__ import annotations

import asyncio
import gc
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server.checking import rebuild
from server.reindexing import reindex
from server.storage.checking.checking import check
from tests.checking.copies import Copies, FileCopies, count, done, said
from tests.checking.test_commands import run

STANDING = "message where deleted_at is null"


def indexed(place: Path | str) -> str:
    """Makes the index; what was printed."""
    out = io.StringIO()
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, reindex(place, "here", out)).result()
    gc.collect()  # readers' connections go with their threads, and nobody may have the file open in a rebuild
    return out.getvalue()


def test_a_new_index_is_as_it_must_be_and_says_how_far_it_is(copies: Copies) -> None:
    with copies.copy() as place:
        lines = indexed(place).splitlines()
        assert lines[0] == "Making the index for search anew in the database here."
        found = check(place)
        assert found.sentences == []
        assert lines[-1].startswith(f"Indexing: {found.looked_at['log']} rows in ")
        assert found.looked_at["search"] == count(place, STANDING)
        indexed(place)
        assert check(place).sentences == []


DAMAGES = {
    "lost": (
        "delete from search_message where conversation_id = 1 and seq = 17",
        "it cannot be found by search.",
    ),
    "left": (
        "update message set deleted_at = 1 where conversation_id = 1 and seq = 17",
        "deleted, its words are still in the index for search.",
    ),
    "other": (
        "update message set text = 'unheard of' where conversation_id = 1 and seq = 17",
        "the index for search has other words than the message.",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_named_and_mended(copies: Copies, damage: str) -> None:
    statement, sentence = DAMAGES[damage]
    with copies.copy() as place:
        indexed(place)
        done(place, (statement,))
        assert f"Conversation 1, seq 17: {sentence}" in said(check(place))
        assert rebuild(place, name="here", out=io.StringIO())
        assert said(check(place)) == []


def test_words_that_fts5_has_lost_are_noticed_and_given_again(file_copies: FileCopies) -> None:
    with file_copies.copy() as place:
        indexed(place)
        done(place, ("insert into search_words (search_words) values ('delete-all')",))
        assert said(check(place)) == ["The index for search does not have the words that it was given."]
        assert rebuild(place, name="here", out=io.StringIO())
        assert said(check(place)) == []


def test_what_the_follower_has_not_come_to_is_no_fault(copies: Copies) -> None:
    with copies.copy() as place:
        indexed(place)
        done(
            place,
            (
                "update follower set position = 5 where name = 'search_index'",
                "delete from search_message where id > 5",
                "update message set text = text where conversation_id = 1",
            ),
        )
        assert [sentence for sentence in said(check(place)) if "does not have the words" not in sentence] == []


def test_the_command_makes_it_anew(file_copies: FileCopies) -> None:
    with file_copies.copy() as place:
        outcome = run("reindex", "--data", place.parent)
        assert outcome.exit_code == 0, outcome.output
        assert check(place).looked_at["search"] == count(place, STANDING)
    outcome = run("reindex", "--data", place.parent / "nowhere")
    assert outcome.exit_code == 1
    assert "There is no Madang database in" in outcome.output
