"""File names as people may see and save them, whatever a client called the file."""

from __future__ import annotations

import re
import unicodedata

MAX_LENGTH = 200
MAX_SUFFIX = 20

# Direction marks and overrides can dress up "exe.gpj" as a picture; line separators break headers and lists.
_INVISIBLE = re.compile("[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_NOT_IN_NAMES = re.compile(r'[<>:"|?*]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(\..*)?", re.IGNORECASE)


def clean_name(name: str) -> str:
    """A name that is safe to show and to save on any system, at most ``MAX_LENGTH`` characters.

    Without folders, control and direction characters; in NFC; never empty; the extension is kept.
    """
    name = re.split(r"[/\\]", name)[-1]
    name = "".join(char for char in name if unicodedata.category(char) not in ("Cc", "Cs", "Co"))
    name = _NOT_IN_NAMES.sub("_", _INVISIBLE.sub("", name))
    name = unicodedata.normalize("NFC", name).strip().rstrip(". ")
    if not name:
        return "file"
    # "thumbnail" is another address of the same file; the others are devices on Windows.
    if name == "thumbnail" or _DEVICE.fullmatch(name):
        name = f"_{name}"
    return _cut(name)


def _cut(name: str) -> str:
    if len(name) <= MAX_LENGTH:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > MAX_SUFFIX:
        return name[:MAX_LENGTH].rstrip(". ")
    return stem[: MAX_LENGTH - len(suffix) - 1].rstrip(". ") + dot + suffix
