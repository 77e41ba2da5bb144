"""Words and pairs, spellings, and what a query asks for."""

from __future__ import annotations

import unicodedata

import pytest

from server.storage.search.folding import Folded, folded, utf16
from server.storage.search.queries import phrases
from server.storage.search.words import LONGEST, words_of


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("ROOF", "roof"),
        ("Ｒｏｏｆ", "roof"),
        ("ｶﾞｰﾄﾞ", "ガード"),
        ("Café", "cafe"),
        ("Cafe\u0301", "cafe"),
        ("Straße", "strasse"),
        ("Ёлка", "елка"),
        ("ガ", "ガ"),  # what stands on kana makes another sound
        (unicodedata.normalize("NFD", "한국어 가게"), "한국어 가게"),
        ("pass\u00adword", "password"),
        ("①㎏", "1kg"),
        ("हिन्दी", "हिन्दी"),
    ],
)
def test_spellings_that_look_alike_are_one(written: str, compared: str) -> None:
    assert folded(written) == compared


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The roof, the ROOF-tiles!", {"the", "roof", "tiles"}),
        ("검색기능을", {"검색", "색기", "기능", "능을", "을"}),
        ("책", {"책"}),
        ("API를 3월에", {"api", "를", "3", "월에", "에"}),
        ("東京都庁", {"東京", "京都", "都庁", "庁"}),
        ("人々", {"人々", "々"}),
        ("snake_case", {"snake", "case"}),
        ("🎉🎂", {"🎉🎂", "🎂"}),
        ("हिन्दी", {"हिन्दी"}),
        ("... !?", set()),
        ("", set()),
    ],
)
def test_words_and_pairs(text: str, words: set[str]) -> None:
    assert words_of(text) == words


def test_a_word_without_end_is_known_by_its_beginning() -> None:
    assert words_of("x" * 8000) == {"x" * LONGEST}
    [phrase] = phrases("x" * 100)
    assert {token.text for token in phrase.tokens} == {"x" * LONGEST}


@pytest.mark.parametrize(
    ("query", "text", "is_found"),
    [
        ("tile", "the tiles", True),
        ('"tile"', "the tiles", False),
        ("ti", "the tiles", False),
        ("ile", "the tiles", False),
        ("색기", "검색기능", True),
        ("검색 기능", "검색기능", True),
        ('"see you"', "See   you!", True),
        ('"see you"', "you see", False),
        ('"see you', "see you there", True),
        ("“see you”", "see you there", True),
        ("node.js", "we use Node.js here", True),
        ("node.js", "the node of a tree, js", False),
        ("api를", "API를 고쳤어요", True),
        ("api를", "API와 를", False),
        ("C++", "c", True),
        ("rés", "a résumé", True),
        ('cat OR dog" NEAR(', "the cat or dog near", True),
        ("it's", "it's", True),
    ],
)
def test_what_a_query_fits(query: str, text: str, is_found: bool) -> None:
    spelled = folded(text)
    assert all(phrase.pattern.search(spelled) for phrase in phrases(query)) == is_found
    words = words_of(text)
    if is_found:  # whatever is to be found must be among what the index gives
        for token in (token for phrase in phrases(query) for token in phrase.tokens):
            assert any(word.startswith(token.text) if token.begins else word == token.text for word in words)


@pytest.mark.parametrize("query", ["", "   ", '"', '""', "...", "*", "( ) - ^ :", "&|!", "'"])
def test_of_marks_alone_nothing_is_asked(query: str) -> None:
    assert phrases(query) == []


@pytest.mark.parametrize(
    "text", ["🏠 지붕의 Café", unicodedata.normalize("NFD", "🏠 지붕의 Café"), "🏠 ｼﾞ붕 지붕의 ﬁ Café"]
)
def test_places_are_those_of_the_text_as_it_was_written(text: str) -> None:
    spelled = Folded(text)
    for query, meant in (("붕의", "붕의"), ("cafe", "Café")):
        match = phrases(query)[0].pattern.search(spelled.text)
        assert match
        start, end = spelled.place(*match.span())
        assert unicodedata.normalize("NFC", text[start:end]) == meant
        halves = text.encode("utf-16-le")[2 * utf16(text, start) : 2 * utf16(text, end)]
        assert halves.decode("utf-16-le") == text[start:end]
