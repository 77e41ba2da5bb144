"""What a file is, told from how it begins. What the client says about it is not believed."""

from __future__ import annotations

import codecs
import re
from pathlib import PurePath

import puremagic

HEAD_BYTES = 8192
"""How much of the beginning is looked at."""

UNKNOWN = "application/octet-stream"
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
"""Pictures that browsers show; a stored file has one of these types only if it was decoded once."""

PLAYABLE = frozenset(
    {
        "audio/mpeg",
        "audio/mp4",
        "audio/aac",
        "audio/ogg",
        "audio/wav",
        "audio/flac",
        "video/mp4",
        "video/webm",
        "video/ogg",
    }
)
"""Sound and film that browsers play."""

PDF = "application/pdf"
"""What browsers show in a viewer of their own, apart from the page that it came from."""

_MARKUP = frozenset({"text/html", "image/svg+xml", "application/xml", "text/xml", "application/rtf", "text/rtf"})
_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_SOUND_BRANDS = (b"M4A ", b"M4B ", b"F4A ")
_AVIF_BRANDS = (b"avif", b"avis")
# What begins as a folder of parts: the extension says which, and all of them are only ever downloaded.
_PACKED = {
    b"PK\x03\x04": ("application/zip", {
        ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ".odt": "application/vnd.oasis.opendocument.text",
        ".ods": "application/vnd.oasis.opendocument.spreadsheet",
        ".odp": "application/vnd.oasis.opendocument.presentation",
        ".epub": "application/epub+zip",
        ".hwpx": "application/hwp+zip",
    }),
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": ("application/x-ole-storage", {
        ".doc": "application/msword",
        ".xls": "application/vnd.ms-excel",
        ".ppt": "application/vnd.ms-powerpoint",
        ".hwp": "application/x-hwp",
    }),
}  # fmt: skip


def media_type_of(head: bytes, name: str) -> str:
    """The media type of a file that begins with ``head``; ``name`` only tells office formats apart.

    Types that browsers show inline are recognised here, strictly; all others by their magic numbers.
    """
    if not head:
        return UNKNOWN
    if head.startswith(b"%PDF-"):
        return PDF
    if found := _shown_inline(head):
        return found
    if _is_text(head):
        found = _magic(head)
        return found if found in _MARKUP else "text/plain"
    for magic, (plain, by_suffix) in _PACKED.items():
        if head.startswith(magic):
            return by_suffix.get(PurePath(name).suffix.lower(), plain)
    found = _magic(head)
    return UNKNOWN if found in PICTURES | PLAYABLE else found


def _shown_inline(head: bytes) -> str | None:
    """The type, if this is a picture, sound or film that a browser shows."""
    return _picture(head) or _container(head) or _sound(head)


def _picture(head: bytes) -> str | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return None


def _container(head: bytes) -> str | None:
    if head[4:8] == b"ftyp":
        return _iso_media(head[8:12])
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head.startswith(b"OggS"):
        return "video/ogg" if b"\x80theora" in head else "audio/ogg"
    return None


def _iso_media(brand: bytes) -> str:
    if brand in _AVIF_BRANDS:
        return "image/avif"
    if brand in _SOUND_BRANDS:
        return "audio/mp4"
    if brand == b"qt  ":
        return "video/quicktime"
    if brand[:3] in (b"hei", b"hev", b"mif"):
        return "image/heic"
    return "video/mp4"


def _sound(head: bytes) -> str | None:
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav"
    if head.startswith(b"fLaC"):
        return "audio/flac"
    if head.startswith(b"ID3"):
        return "audio/mpeg"
    if len(head) >= 4 and head[0] == 0xFF:
        # Frames without a tag before them: the bits that must not be reserved tell them from chance.
        if head[1] & 0xF6 == 0xF0:
            return "audio/aac"
        if head[1] & 0xE6 == 0xE2 and head[2] & 0xF0 != 0xF0 and head[2] & 0x0C != 0x0C:
            return "audio/mpeg"
    return None


def _is_text(head: bytes) -> bool:
    try:
        # The head may end in the middle of a character.
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head, final=len(head) < HEAD_BYTES)
    except UnicodeDecodeError:
        return False
    return _NOT_TEXT.search(text) is None


def _magic(head: bytes) -> str:
    try:
        found = puremagic.from_string(head, mime=True)
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    return found if _TYPE.fullmatch(found) else UNKNOWN
