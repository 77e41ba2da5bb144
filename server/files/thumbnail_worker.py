"""Looks into one picture or film and ends: a program of its own, because they come from strangers.

Standard input is the file, open for reading and writing: what it says of places and cameras is taken out of it. A
picture is decoded first: a line of JSON (media_type, width, height, blur) is written, and then the bytes of
its thumbnail. Of a film (the argument is its media type) there is only the line, with what it says of itself. Ends
with a status other than 0 when this is no picture that it wants to decode. It is started by its path.
"""

import base64
import io
import json
import os
import resource
import sys
from pathlib import Path

from PIL import AvifImagePlugin, Image, ImageCms, ImageOps

sys.path.insert(0, str(Path(__file__).parents[2]))  # by its path it knows nothing of where ours is
from server.files import metadata

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "AVIF")
MAX_PIXELS = 40_000_000
MAX_SIDE = 16_000
THUMBNAIL_SIDE = 720
BLUR_SIDE = 16
MEMORY_BYTES = 1024 * 1024 * 1024
CPU_S = 15


def main(media_type: str | None = None) -> int:
    """The way from a picture on standard input to a thumbnail on standard output, or from a film to what it says."""
    _confine()
    try:
        header, thumbnail = _film(media_type) if media_type else _picture()
    except Exception as error:
        # Broken in one of a thousand ways, or made to break a decoder: it is a plain attachment then.
        print(type(error).__name__, error, file=sys.stderr)
        return 1
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + thumbnail)
    return 0


def _confine() -> None:
    """Whatever a picture makes a decoder do, it gets little memory and time, and no file or process."""
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, os.fstat(0).st_size),  # what is there may be overwritten
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (limit, limit))
    os.nice(10)
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # type: ignore[attr-defined, unused-ignore]
    Image.MAX_IMAGE_PIXELS = None  # _check_size has its own bound and its own words


def _picture() -> tuple[dict[str, object], bytes]:
    picture = Image.open(sys.stdin.buffer, formats=FORMATS)
    header, thumbnail, orientation = _make(picture)
    metadata.strip_open(0, str(header["media_type"]), orientation)
    return header, thumbnail


def _film(media_type: str) -> tuple[dict[str, object], bytes]:
    facts = metadata.facts(0, media_type)
    metadata.strip_open(0, media_type)
    return {"media_type": media_type, **facts._asdict()}, b""


def _make(picture: Image.Image) -> tuple[dict[str, object], bytes, int]:
    _check_size(picture)
    width, height = picture.size
    orientation = picture.getexif().get(0x0112, 1)
    if orientation in (5, 6, 7, 8):
        width, height = height, width
    profile = picture.info.get("icc_profile")
    # A JPEG can be decoded at an eighth of its size, which is most of the work saved.
    picture.draft("RGB", (THUMBNAIL_SIDE * 2, THUMBNAIL_SIDE * 2))
    picture.load()
    small = _small(picture, profile, orientation)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=80, method=4, exif=b"", icc_profile=b"", xmp=b"")
    header = {
        "media_type": Image.MIME[picture.format or ""],
        "width": width,
        "height": height,
        "blur": _blur(small),
    }
    return header, out.getvalue(), orientation if orientation in range(1, 9) else 1


def _check_size(picture: Image.Image) -> None:
    """Raises ValueError for a picture that would take too much memory, before it is decoded."""
    width, height = picture.size
    if width < 1 or height < 1 or max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise ValueError(f"{width} x {height} is too large")


def _small(picture: Image.Image, profile: bytes | None, orientation: int) -> Image.Image:
    """The first frame, small, upright and in sRGB."""
    small: Image.Image = picture
    if picture.mode.startswith("I"):  # 16 bits of grey, which the filters do not know
        small = picture.convert("I").point(lambda value: value / 256).convert("L")
    clear = small.mode in ("RGBA", "LA", "PA") or "transparency" in small.info
    small = small.convert("RGBA" if clear else "RGB")
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    if orientation in range(2, 9):
        small.getexif()[0x0112] = orientation
        small = ImageOps.exif_transpose(small)
    return _in_srgb(small, profile) if profile else small


def _in_srgb(small: Image.Image, profile: bytes) -> Image.Image:
    """The colours as they are meant, because the thumbnail goes out without its profile."""
    try:
        converted = ImageCms.profileToProfile(small, io.BytesIO(profile), ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError, ValueError):
        return small
    return converted or small


def _blur(small: Image.Image) -> str | None:
    """What stands for the picture until it is there: a tiny one as a `data:` address; None when nothing can be seen."""
    if small.convert("RGBA").getchannel("A").getextrema() == (0, 0):
        return None
    width, height = small.size
    scale = BLUR_SIDE / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Multiplied by alpha, so that hidden colours do not count; what is clear gets the colour of the rest.
    tiny = small.convert("RGBA").convert("RGBa").resize(size, Image.Resampling.BOX)
    ground = tiny.resize((1, 1), Image.Resampling.BOX).convert("RGBA")
    ground.putalpha(255)
    seen = Image.alpha_composite(ground.resize(size), tiny.convert("RGBA")).convert("RGB")
    out = io.BytesIO()
    seen.save(out, "WEBP", quality=30, method=6)
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
