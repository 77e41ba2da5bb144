"""What people's and groups' names are cleaned to."""

from __future__ import annotations

import pytest

from server.errors import Invalid
from server.services.names import clean


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Ana   Kim ", "Ana Kim"),
        ("ana\u202egnp.exe", "anagnp.exe"),
        ("e\u0301va", "éva"),
        ("a\tb\nc", "abc"),
        ("👨‍👩‍👧 Kim", "👨‍👩‍👧 Kim"),
        ("도윤", "도윤"),
    ],
)
def test_names_are_cleaned(given: str, kept: str) -> None:
    assert clean(given, "display_name") == kept


@pytest.mark.parametrize("given", ["", "   ", "\u202e", "\u200b\u200b", "\u3164", "\u2800", "\u0301"])
def test_invisible_names_are_refused(given: str) -> None:
    with pytest.raises(Invalid) as refusal:
        clean(given, "display_name")
    assert refusal.value.field == "display_name"
