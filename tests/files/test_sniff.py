"""What a file is, told from its beginning."""

import pytest

from server.files.sniff import HEAD_BYTES, PICTURES, PLAYABLE, UNKNOWN, media_type_of
from tests.files import pictures


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"", UNKNOWN),
        (b"hello", "text/plain"),
        ("안녕하세요".encode(), "text/plain"),
        (b"BM is how this text begins", "text/plain"),
        (b"<!doctype html><script>alert(1)</script>", "text/html"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "image/svg+xml"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "application/pdf"),
        (b"MZ\x90\x00" + bytes(60), "application/vnd.microsoft.portable-executable"),
        (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2", "video/mp4"),
        (b"\x00\x00\x00\x1cftypM4A \x00\x00\x00\x00", "audio/mp4"),
        (b"\x00\x00\x00\x14ftypqt  ", "video/quicktime"),
        (b"\x00\x00\x00\x18ftypheic", "image/heic"),
        (b"\x1aE\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1fB\x82\x84webm", "video/webm"),
        (b"OggS\x00\x02" + bytes(22) + b"\x01\x13OpusHead", "audio/ogg"),
        (b"ID3\x04\x00" + bytes(20), "audio/mpeg"),
        (b"\xff\xfb\x90\x00" + bytes(20), "audio/mpeg"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"fLaC\x00\x00\x00\x22", "audio/flac"),
        (b"PK\x03\x04" + bytes(40), "application/zip"),
    ],
)
def test_the_content_says_what_it_is(content: bytes, media_type: str) -> None:
    assert media_type_of(content, "photo.jpg") == media_type


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
def test_pictures_are_known_by_their_beginning(kind: str) -> None:
    assert media_type_of(pictures.plain(kind)[:HEAD_BYTES], "virus.exe") == f"image/{kind.lower()}"


def test_office_files_are_told_apart_by_their_extension() -> None:
    assert "wordprocessingml" in media_type_of(b"PK\x03\x04" + bytes(40), "Letter.DOCX")
    assert media_type_of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40), "회의록.hwp") == "application/x-hwp"


def test_a_head_that_ends_in_the_middle_of_a_character_is_text() -> None:
    head = ("가" * HEAD_BYTES).encode()[:HEAD_BYTES]
    assert media_type_of(head, "long.txt") == "text/plain"


@pytest.mark.parametrize("name", ["x.png", "x.mp4", "x.mp3", "x.webm", "x.svg", "x"])
def test_a_name_makes_nothing_inline(name: str) -> None:
    for content in (b"<html><script>alert(1)</script>", b"just text", bytes(range(256)), b"\x00" * 100):
        assert media_type_of(content, name) not in PICTURES | PLAYABLE
