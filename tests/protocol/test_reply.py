"""A reply stays below 256 kB: a page ends early and says that there is more."""

from __future__ import annotations

from server.protocol.reply import PAGE_BYTES, fitting


def test_a_page_holds_what_one_reply_can_carry() -> None:
    half = PAGE_BYTES // 2
    assert fitting([], []) == []
    assert fitting("abc", [half, half, 1]) == ["a", "b"]
    assert fitting("abc", [half, half - 1, 1]) == ["a", "b", "c"]


def test_a_page_holds_at_least_one_item_so_that_paging_gets_on() -> None:
    assert fitting("ab", [PAGE_BYTES + 1, 1]) == ["a"]
