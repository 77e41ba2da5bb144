"""What counts as an emoji."""

from __future__ import annotations

import unicodedata

from server.errors import Invalid

_NOT_EMOJI = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Zs", "Zl", "Zp", "Cc", "Cs", "Po", "Ps", "Pe"})
_KEYCAP_BASES = frozenset("0123456789#*")


def check(emoji: str, what: str) -> None:
    """Raises Invalid, naming ``what`` it is for, unless it is made of pictures alone; new ones are unknown to us, and
    welcome.
    """
    plain = [letter for letter in emoji if unicodedata.category(letter) in _NOT_EMOJI and letter not in _KEYCAP_BASES]
    keycaps_without_ring = set(emoji) & _KEYCAP_BASES and "\u20e3" not in emoji
    if plain or keycaps_without_ring or emoji.isascii():
        raise Invalid(f"{what} is an emoji.", field="emoji")
