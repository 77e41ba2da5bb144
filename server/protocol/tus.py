"""The words of tus 1.0, in which uploads go on after a cut: https://tus.io/protocols/resumable-upload"""

from __future__ import annotations

import base64
import re

from server.errors import Invalid

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,termination"
BODY_TYPE = "application/offset+octet-stream"
MAX_METADATA = 4096
"""Characters of ``Upload-Metadata``: a name of 200 characters in base64 has 1,100 at most."""

_NUMBER = re.compile(r"[0-9]{1,15}")
_KEY = re.compile(r"[\x21-\x2b\x2d-\x7e]{1,200}")


def number(name: str, text: str | None) -> int:
    """The value of a header that counts bytes. Raises Invalid naming it."""
    if text is None or not _NUMBER.fullmatch(text.strip()):
        raise Invalid(f"`{name}` must be a number of bytes.", field=name)
    return int(text)


def metadata(text: str) -> dict[str, str]:
    """What ``Upload-Metadata`` says: words and texts. Raises Invalid naming the header."""
    if len(text) > MAX_METADATA:
        raise _wrong(f"has at most {MAX_METADATA} characters")
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        key, _, value = pair.partition(" ")
        if not _KEY.fullmatch(key) or key in found:
            raise _wrong("is words with values in base64, each word once, with commas between")
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode()
        except ValueError:  # no base64, not even letters of it, or no UTF-8
            raise _wrong("has UTF-8 in base64 as its values") from None
    return found


def _wrong(what: str) -> Invalid:
    return Invalid(f"`Upload-Metadata` {what}.", field="Upload-Metadata")
