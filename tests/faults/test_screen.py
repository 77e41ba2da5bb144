"""What a model client shows: a client of its own bugs would be blamed on the server."""

from __future__ import annotations

from typing import Any

from server.chaos.screen import Screen


def message(seq: int) -> dict[str, Any]:
    return {"seq": seq, "kind": "message_created", "actor_id": 1, "data": {"text": f"message {seq}"}}


def seqs(shown: list[Any]) -> list[int]:
    return [entry["seq"] for entry, _ in shown]


def test_what_lies_behind_a_gap_is_held() -> None:
    screen = Screen(1)
    assert seqs(screen.take(message(1), "live")) == [1]
    assert seqs(screen.take(message(3), "live")) == []
    assert screen.is_behind
    assert seqs(screen.take_all([message(2), message(3)], "fetch")) == [2, 3]
    assert seqs(screen.take(message(3), "live")) == []
    assert not screen.is_behind


def test_an_old_removal_says_nothing_of_whoever_has_come_back() -> None:
    screen = Screen(1)
    screen.joined(40)
    screen.removed(17)
    assert screen.is_mine
    assert screen.is_behind
    screen.removed(41)
    assert not screen.is_mine
    assert not screen.is_behind
