"""Makes one thumbnail and ends: a program of its own, because pictures come from strangers.

Reads the picture from standard input, which must be a file. Writes a line of JSON (media_type, width,
height, orientation, colour) and then the bytes of the thumbnail. Ends with a status other than 0 when
this is no picture that it wants to decode. Imports nothing of ours, so that it can be started by its path.
"""

import io
import json
import os
import resource
import sys

from PIL import AvifImagePlugin, Image, ImageCms, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "AVIF")
MAX_PIXELS = 40_000_000
MAX_SIDE = 16_000
THUMBNAIL_SIDE = 720
MEMORY_BYTES = 1024 * 1024 * 1024
CPU_S = 15


def main() -> int:
    """The way from a picture on standard input to a thumbnail on standard output."""
    _confine()
    try:
        header, thumbnail = _make(Image.open(sys.stdin.buffer, formats=FORMATS))
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
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (limit, limit))
    os.nice(10)
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # type: ignore[attr-defined, unused-ignore]
    Image.MAX_IMAGE_PIXELS = None  # _check_size has its own bound and its own words


def _make(picture: Image.Image) -> tuple[dict[str, object], bytes]:
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
        "orientation": orientation if orientation in range(1, 9) else 1,
        "colour": _mean_colour(small),
    }
    return header, out.getvalue()


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


def _mean_colour(small: Image.Image) -> str | None:
    """The mean of what can be seen, as #rrggbb; None when nothing can."""
    # Multiplied by alpha, so that hidden colours do not count.
    one = small.convert("RGBA").convert("RGBa").resize((1, 1), Image.Resampling.BOX).convert("RGBA")
    pixel = one.getpixel((0, 0))
    if not isinstance(pixel, tuple) or pixel[3] == 0:
        return None
    return "#{:02x}{:02x}{:02x}".format(*pixel[:3])


if __name__ == "__main__":
    sys.exit(main())
