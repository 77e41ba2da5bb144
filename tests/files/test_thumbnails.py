"""Thumbnails of pictures from friends and from strangers."""

import asyncio
import base64
import functools
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from server.files.thumbnails import Picture, Thumbnails
from tests.files import pictures


@pytest.fixture
def thumbnails() -> Thumbnails:
    return Thumbnails()


async def picture_of(thumbnails: Thumbnails, tmp_path: Path, content: bytes) -> Picture | None:
    path = tmp_path / "picture"
    path.write_bytes(content)
    return await thumbnails.of(path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "AVIF"])
async def test_a_picture_gets_a_small_one_and_a_tiny_one(thumbnails: Thumbnails, tmp_path: Path, kind: str) -> None:
    found = await picture_of(thumbnails, tmp_path, pictures.plain(kind, (2000, 1000)))
    assert found is not None
    assert (found.media_type, found.width, found.height) == (f"image/{kind.lower()}", 2000, 1000)
    small = pictures.decoded(found.thumbnail)
    assert (small.format, small.size) == ("WEBP", (720, 360))
    assert found.blur is not None
    assert len(found.blur) < 300
    tiny = pictures.decoded(base64.b64decode(found.blur.removeprefix("data:image/webp;base64,")))
    assert tiny.size == (16, 8)
    near = tiny.convert("RGB").getpixel((3, 3))
    assert all(abs(part - meant) <= 12 for part, meant in zip(near, (0xC8, 0x1E, 0x3C), strict=True))


async def test_a_small_picture_is_not_blown_up(thumbnails: Thumbnails, tmp_path: Path) -> None:
    found = await picture_of(thumbnails, tmp_path, pictures.plain("PNG", (30, 20)))
    assert found is not None
    assert pictures.decoded(found.thumbnail).size == (30, 20)


@pytest.mark.parametrize(
    ("orientation", "size", "left"), [(1, (80, 40), "red"), (3, (80, 40), "blue"), (6, (40, 80), None)]
)
async def test_it_stands_as_the_camera_was_held(
    thumbnails: Thumbnails, tmp_path: Path, orientation: int, size: tuple[int, int], left: str | None
) -> None:
    content = pictures.from_a_camera("JPEG", pictures.halves(), orientation, quality=95)
    found = await picture_of(thumbnails, tmp_path, content)
    assert found is not None
    assert (found.width, found.height) == size
    small = pictures.decoded(found.thumbnail).convert("RGB")
    assert small.size == size
    assert not small.getexif()
    # Turned by a quarter, what was on the left is at the top.
    red, _, blue = small.getpixel((5, 5))
    assert ("red" if red > blue else "blue") == (left or "red")


async def test_the_thumbnail_tells_no_place(thumbnails: Thumbnails, tmp_path: Path) -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        found = await picture_of(thumbnails, tmp_path, pictures.from_a_camera(kind))
        assert found is not None
        assert pictures.CAMERA not in found.thumbnail
        assert pictures.PLACE not in found.thumbnail
        assert b"EXIF" not in found.thumbnail


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "YCbCr"])
async def test_every_mode_of_colour_is_understood(thumbnails: Thumbnails, tmp_path: Path, mode: str) -> None:
    picture = Image.new("RGBA", (40, 30), (200, 100, 50, 128))
    picture = Image.new("I;16", (40, 30), 30_000) if mode == "I;16" else picture.convert(mode)
    kind = {"CMYK": "JPEG", "YCbCr": "JPEG"}.get(mode, "PNG")
    found = await picture_of(thumbnails, tmp_path, pictures.encoded(picture, kind))
    assert found is not None
    assert (found.width, found.height) == (40, 30)


async def test_hidden_colours_do_not_count(thumbnails: Thumbnails, tmp_path: Path) -> None:
    picture = Image.new("RGBA", (40, 40), (0, 255, 0, 0))
    found = await picture_of(thumbnails, tmp_path, pictures.encoded(picture, "PNG"))
    assert found is not None
    assert found.blur is None


async def test_colours_of_a_profile_are_converted(thumbnails: Thumbnails, tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for good_or_useless in (profile, srgb, b"no profile at all"):
        content = pictures.encoded(Image.new("RGB", (40, 40), "red"), "PNG", icc_profile=good_or_useless)
        found = await picture_of(thumbnails, tmp_path, content)
        assert found is not None
        assert "icc_profile" not in pictures.decoded(found.thumbnail).info


@functools.cache
def broken() -> dict[str, bytes]:
    whole = pictures.encoded(pictures.noise((400, 300)), "JPEG")
    return {
        "bomb": pictures.bomb(),
        "just over the pixels": pictures.bomb(6400, 6400),
        "too wide": pictures.bomb(16_001, 2),
        "largest size that can be written": pictures.bomb(2**31 - 1, 2**31 - 1),
        "truncated": whole[: len(whole) // 2],
        "only a beginning": whole[:3],
        "script": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "html": b"<html>",
        "another format": pictures.encoded(Image.new("RGB", (9, 9)), "TIFF"),
        "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "empty": b"",
        "png of text without end": pictures.plain("PNG")[:33]
        + pictures.chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(200_000_000), 9)),
    }


@pytest.mark.parametrize("name", broken())
async def test_what_cannot_or_must_not_be_decoded_is_no_picture(
    thumbnails: Thumbnails, tmp_path: Path, name: str
) -> None:
    assert await picture_of(thumbnails, tmp_path, broken()[name]) is None


async def test_a_worker_that_hangs_is_ended(tmp_path: Path) -> None:
    worker = tmp_path / "worker.py"
    worker.write_text("import time\ntime.sleep(600)\n")
    started = time.monotonic()
    assert await picture_of(Thumbnails(timeout_s=0.3, worker=worker), tmp_path, b"x") is None
    assert time.monotonic() - started < 300


@pytest.mark.parametrize(
    "program",
    [
        "import sys\nwhile True: sys.stdout.buffer.write(bytes(65536))",
        "print('no header')",
        'print(\'{"media_type":"text/html"}\')',
        "import os\nos.abort()",
        "pass",
    ],
)
async def test_a_worker_gone_astray_gives_no_picture(tmp_path: Path, program: str) -> None:
    worker = tmp_path / "worker.py"
    worker.write_text(program)
    assert await picture_of(Thumbnails(worker=worker), tmp_path, b"x") is None


async def test_no_more_than_two_are_made_at_once(tmp_path: Path) -> None:
    worker = tmp_path / "worker.py"
    # Each worker leaves a mark while it runs, and says how many marks it saw.
    worker.write_text(
        "import os, pathlib, sys, time\n"
        f"marks = pathlib.Path({str(tmp_path / 'marks')!r}); marks.mkdir(exist_ok=True)\n"
        "mine = marks / str(os.getpid()); mine.touch(); seen = 0\n"
        "for _ in range(20): seen = max(seen, len(list(marks.iterdir()))); time.sleep(0.005)\n"
        "mine.unlink()\n"
        'print(\'{"media_type":"image/png","width":%d,"height":1,"blur":null}\' % seen); print("x")\n'
    )
    thumbnails = Thumbnails(at_once=2, worker=worker)
    found = await asyncio.gather(*(picture_of(thumbnails, tmp_path, b"x") for _ in range(8)))
    assert max(picture.width for picture in found if picture) <= 2
    assert all(found)


def test_the_worker_confines_itself(tmp_path: Path) -> None:
    """The limits hold in the process that decodes, not only on paper."""
    probe = (
        "from server.files import thumbnail_worker as worker\n"
        "worker._confine()\n"
        "try: bytearray(2 * worker.MEMORY_BYTES)\n"
        "except MemoryError: print('no memory')\n"
        f"try: open({str(tmp_path / 'x')!r}, 'w').write('x' * 100_000)\n"
        "except OSError: print('no file')\n"
    )
    root = Path(__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=root, check=False)
    assert run.stdout.splitlines() == ["no memory", "no file"]


def test_the_worker_is_a_program_that_needs_little_of_ours() -> None:
    worker = Path(__file__).parents[2] / "server/files/thumbnail_worker.py"
    look = f"import runpy, sys; runpy.run_path({str(worker)!r}, run_name='looked at'); print(*sys.modules)"
    known = subprocess.run(
        [sys.executable, "-I", "-c", look], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {name for name in known if name.split(".")[0] == "server"} == {
        "server", "server.files", "server.files.edited", "server.files.iso_media", "server.files.metadata",
        "server.files.webm",
    }  # fmt: skip
