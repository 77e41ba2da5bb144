"""Usernames: what they are made of."""

from __future__ import annotations

import re
import unicodedata

from server.errors import Invalid

SHORTEST, LONGEST = 3, 32

# Letters by their class, but invisible: a name made of them could pass for nobody, or for somebody else.
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]")
_RESERVED = {"all"}  # @all calls everybody


def clean_username(name: str) -> str:
    """The username as it is stored: NFC, small letters. Raises Invalid for ``username`` when it cannot be one.

    Letters of any script with their marks, digits, ``.``, ``_`` and ``-``; 3 to 32 characters.
    """
    username = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name.strip()).casefold())
    if not SHORTEST <= len(username) <= LONGEST:
        raise Invalid(f"A username has {SHORTEST} to {LONGEST} characters.", field="username")
    if _INVISIBLE.search(username) or not all(_is_allowed(letter) for letter in username):
        raise Invalid("A username is made of letters, digits, dots, - and _, without spaces.", field="username")
    if unicodedata.category(username[0])[0] == "M" or not any(map(str.isalnum, username)):
        raise Invalid("A username needs a letter or a digit.", field="username")
    if unicodedata.normalize("NFKC", username).casefold() in _RESERVED:
        raise Invalid(f"@{username} calls everybody in a conversation: choose another username.", field="username")
    return username


def _is_allowed(letter: str) -> bool:
    # Ll, Lo, Lm: letters that are not capitals. Mn, Mc: the marks that Hindi, Thai and others write vowels with.
    return letter in "._-" or unicodedata.category(letter) in ("Ll", "Lo", "Lm", "Mn", "Mc", "Nd")
