"""How far marks have come, for as many as are remembered."""

from __future__ import annotations

from server.realtime.furthest import Furthest


def test_a_mark_moves_forward_only() -> None:
    marks = Furthest()
    assert [marks.moves(seq, "read", 7, 1) for seq in (3, 3, 2, 4)] == [True, False, False, True]
    assert marks.moves(1, "read", 7, 2)
    assert marks.moves(1, "received", 7, 1)


def test_what_was_not_heard_of_for_longest_is_forgotten() -> None:
    marks = Furthest(most=2)
    for account_id in (1, 2, 1, 3):
        marks.moves(5, account_id)
    assert [marks.moves(4, account_id) for account_id in (1, 3)] == [False, False]
    assert marks.moves(4, 2)
