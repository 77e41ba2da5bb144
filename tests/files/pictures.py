"""Pictures as people and attackers send them, made here."""

import io
import random
import struct
import zlib
from typing import Any

from PIL import Image, PngImagePlugin

CAMERA = b"SecretCamera"
PLACE = b"GPSLatitude"


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """The picture as a file of that kind."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def decoded(content: bytes) -> Image.Image:
    """The file's picture, decoded whole."""
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


def plain(kind: str = "PNG", size: tuple[int, int] = (60, 40), colour: str = "#c81e3c") -> bytes:
    """One colour all over."""
    return encoded(Image.new("RGB", size, colour), kind)


def noise(size: tuple[int, int] = (300, 200)) -> Image.Image:
    """A picture that does not compress, the same each time."""
    return Image.frombytes("RGB", size, random.Random(7).randbytes(size[0] * size[1] * 3))


def halves(size: tuple[int, int] = (80, 40)) -> Image.Image:
    """Red on the left, blue on the right: one sees how it stands."""
    picture = Image.new("RGB", size, "red")
    picture.paste("blue", (size[0] // 2, 0, *size))
    return picture


def from_a_camera(kind: str, picture: Image.Image | None = None, orientation: int = 6, **options: Any) -> bytes:
    """A picture that says where and with what it was taken, in all the ways that its kind has."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = CAMERA.decode()
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (37.0, 33.0, 59.5)
    place[3], place[4] = "E", (126.0, 58.0, 1.0)
    packet = b"<x:xmpmeta>" + PLACE + b"</x:xmpmeta>"
    if kind == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", packet.decode())
        options["pnginfo"] = texts
    else:
        options["xmp"] = packet
    return encoded(picture or noise(), kind, exif=exif, **options)


def bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """A small PNG that would fill gigabytes."""
    rows = zlib.compress(bytes(1_000_000), 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def chunk(kind: bytes, content: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
