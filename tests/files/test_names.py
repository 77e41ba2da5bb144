"""File names, whatever a client calls a file."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.files.names import MAX_LENGTH, clean_name


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("holiday.jpg", "holiday.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\notes.txt", "notes.txt"),
        ("a\0b\r\nSet-Cookie: x.txt", "abSet-Cookie_ x.txt"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("COM1 .log", "_COM1 .log"),
        ("console.log", "console.log"),
        ("thumbnail", "_thumbnail"),
        ("", "file"),
        ("..", "file"),
        ("///", "file"),
        ("\u202e\u2066", "file"),
        (".bashrc", ".bashrc"),
        ("trailing. . .", "trailing"),
        ("회의록 2026.hwp", "회의록 2026.hwp"),
        ("Cafe\u0301.txt", "Café.txt"),
        ("👩‍👩‍👧.png", "👩‍👩‍👧.png"),
        ("\ud800lone.txt", "lone.txt"),
        ('what?"<now>|*:.txt', "what__\u005fnow____.txt"),
    ],
)
def test_a_name_is_made_safe_to_show_and_to_save(given_name: str, name: str) -> None:
    assert clean_name(given_name) == name


def test_a_long_name_keeps_its_extension() -> None:
    name = clean_name("가" * 300 + ".tar.gz")
    assert len(name) == MAX_LENGTH
    assert name.endswith(".gz")


def test_an_extension_that_is_no_extension_is_cut() -> None:
    assert len(clean_name("a." + "b" * 400)) == MAX_LENGTH


@given(st.text(st.characters(codec=None), max_size=400))
def test_every_name_is_safe_and_stays_as_it_is_when_cleaned_again(text: str) -> None:
    name = clean_name(text)
    assert 1 <= len(name) <= MAX_LENGTH + 1
    assert "/" not in name
    assert "\\" not in name
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in name)
    assert name not in (".", "..", "thumbnail")
    name.encode()
    assert clean_name(name) == name
