"""Usernames: what is folded, and what is refused."""

import pytest

from server.errors import Invalid
from server.services.usernames import clean_username


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("ana", "ana"),
        ("  Ana.B-c_9 ", "ana.b-c_9"),
        ("ÉMILE", "émile"),
        ("e\u0301mile", "émile"),
        ("STRAẞE", "strasse"),
        ("김민준", "김민준"),
        ("스튜디오마당".encode().decode(), "스튜디오마당"),
        ("さくらー", "さくらー"),
        ("नमस्ते", "नमस्ते"),
        ("สมชาย", "สมชาย"),
        ("x" * 32, "x" * 32),
    ],
)
def test_a_name_of_any_script_is_folded(given: str, stored: str) -> None:
    assert clean_username(given) == stored


@pytest.mark.parametrize(
    "given",
    [
        "", "ab", "x" * 33, "a b c", "ana@home", "ana\u200bna", "ana\u202ena", "ana\0na", "ana\nna", "ㅤㅤㅤ", "abc\ufe0f",
        "...", "-_-", "\u0301abc", "ana😀", "ⅷⅷⅷ", "all", "ALL", "ａｌｌ", "ana/ben", "<script>", "\ud800abc",
    ],
)  # fmt: skip
def test_what_is_no_name_is_refused(given: str) -> None:
    with pytest.raises(Invalid) as caught:
        clean_username(given)
    assert caught.value.field == "username"
