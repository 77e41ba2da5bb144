"""Names that people give: what they are cleaned to."""

from __future__ import annotations

import unicodedata

from server.errors import Invalid

# Marks that turn the direction of what follows: a name with one could rearrange the line it stands in.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Letters that are drawn as nothing, and so not separators or marks for Unicode.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def clean(name: str, field: str) -> str:
    """A name in NFC, trimmed, without control or direction marks. Raises Invalid when nothing is left."""
    kept = (
        letter
        for letter in unicodedata.normalize("NFC", name)
        if letter not in _BIDI and unicodedata.category(letter) not in ("Cc", "Cs")
    )
    cleaned = " ".join("".join(kept).split())
    if not any(_is_visible(letter) for letter in cleaned):
        raise Invalid("A name needs at least one visible character.", field=field)
    return cleaned


def _is_visible(letter: str) -> bool:
    return unicodedata.category(letter)[0] not in "CZM" and letter not in _BLANK
