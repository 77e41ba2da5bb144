"""Whom a text calls."""

from __future__ import annotations

import pytest

from server.services.mentions import called_in


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("@ana look", "ana"),
        ("look, @Ana!", "ana"),
        ("(@ana)", "ana"),
        ("ask @ana.", "ana"),
        ("@ana가 왔어요", "ana"),
        ("@민지님은 어디?", "민지"),
        ("@ＡＮＡ here", "ana"),
        ("@हिन्दी नमस्ते", "हिन्दी"),
        ("@ana，请看", "ana"),
        ("@dana.k-1_x", "dana.k-1_x"),
    ],
)
def test_a_name_is_found(text: str, name: str) -> None:
    assert name in called_in(text).names


@pytest.mark.parametrize("text", ["no call", "ana@example.org", "@", "@ ana", "@@ana", "a@b@c"])
def test_nobody_is_called(text: str) -> None:
    assert called_in(text).names == frozenset()


def test_everybody_is_called() -> None:
    called = called_in("@all come")
    assert called.everyone
    assert "all" not in called.names
    assert not called_in("@allan come").everyone
