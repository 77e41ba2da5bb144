"""Where a picture was taken is nobody's business; its pixels are."""

from pathlib import Path

import pytest

from server.files import metadata
from tests.files import pictures


def strip(tmp_path: Path, content: bytes, media_type: str, orientation: int = 6) -> bytes:
    path = tmp_path / "picture"
    path.write_bytes(content)
    metadata.strip(path, media_type, orientation)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True, "comment": b"taken at home"}),
        ("JPEG", {"restart_marker_rows": 2}),
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"quality": 50}),
    ],
)
def test_place_and_camera_go_and_every_pixel_stays(tmp_path: Path, kind: str, options: dict[str, object]) -> None:
    before = pictures.from_a_camera(kind, **options)
    assert pictures.CAMERA in before
    after = strip(tmp_path, before, f"image/{kind.lower()}")
    assert pictures.CAMERA not in after
    assert pictures.PLACE not in after
    assert b"taken at home" not in after
    picture = pictures.decoded(after)
    assert dict(picture.getexif()) == {0x0112: 6}
    assert not picture.getexif().get_ifd(0x8825)
    assert picture.tobytes() == pictures.decoded(before).tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_hangs_behind_the_picture_is_cut_off(tmp_path: Path, kind: str) -> None:
    whole = pictures.encoded(pictures.noise(), kind)
    after = strip(tmp_path, whole + b"ftypmp42 a film with a place of its own", f"image/{kind.lower()}", 1)
    assert after == whole


def test_the_colour_profile_stays(tmp_path: Path) -> None:
    before = pictures.from_a_camera("JPEG", icc_profile=b"a profile" * 10)
    assert pictures.decoded(strip(tmp_path, before, "image/jpeg")).info["icc_profile"] == b"a profile" * 10


def test_an_upright_picture_keeps_no_exif_at_all(tmp_path: Path) -> None:
    after = strip(tmp_path, pictures.from_a_camera("JPEG", orientation=1), "image/jpeg", 1)
    assert dict(pictures.decoded(after).getexif()) == {}


def test_an_avif_keeps_its_pixels_alone(tmp_path: Path) -> None:
    before = pictures.from_a_camera("AVIF", quality=60)
    assert pictures.PLACE in before
    after = strip(tmp_path, before, "image/avif")
    for secret in (pictures.CAMERA, pictures.PLACE):
        assert secret not in after
    assert len(after) == len(before)
    assert not pictures.decoded(after).getexif().get_ifd(0x8825)
    assert pictures.decoded(after).convert("RGB").tobytes() == pictures.decoded(before).convert("RGB").tobytes()


def test_a_gif_goes_on_moving_and_says_nothing(tmp_path: Path) -> None:
    frames = [pictures.halves(), pictures.noise((80, 40)), pictures.halves()]
    before = pictures.encoded(
        frames[0], "GIF", save_all=True, append_images=frames[1:], loop=3, duration=70, comment=pictures.CAMERA
    )
    packet = b"\x21\xff\x0bXMP DataXMP<x:xmpmeta>" + pictures.PLACE * 40 + b"</x:xmpmeta>\x01"
    packet += bytes(range(255, -1, -1)) + b"\x00"
    before = before[:-1] + packet + b"\x3b"
    script = b"<script>alert(1)</script>"
    after = strip(tmp_path, before + script, "image/gif")
    assert len(after) == len(before)
    for secret in (pictures.CAMERA, pictures.PLACE, script, b"GPS"):
        assert secret not in after
    shown, meant = pictures.decoded(after), pictures.decoded(before)
    assert (shown.n_frames, shown.info["loop"], shown.info["duration"]) == (3, 3, 70)
    for number in range(3):
        shown.seek(number)
        meant.seek(number)
        assert shown.convert("RGB").tobytes() == meant.convert("RGB").tobytes()


@pytest.mark.parametrize("length", [*range(1, 20), 254, 255, 256, 257, 258, 259, 511, 512, 513, 514, 1000])
def test_a_comment_of_any_length_becomes_one_of_zeros(tmp_path: Path, length: int) -> None:
    said = b"x" * length
    blocks = b"".join(bytes([len(said[at : at + 255])]) + said[at : at + 255] for at in range(0, length, 255))
    plain = pictures.plain("GIF")
    after = strip(tmp_path, plain[:-1] + b"\x21\xfe" + blocks + b"\0;", "image/gif")
    assert b"x" not in after[len(plain) :]
    assert after[len(plain) - 1 : len(plain) + 1] == b"\x21\xfe"
    assert pictures.decoded(after).size == (60, 40)
    assert strip(tmp_path, after, "image/gif") == after


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_no_breakage_makes_it_fail(tmp_path: Path, kind: str) -> None:
    whole = pictures.from_a_camera(kind, pictures.noise((20, 10)))
    for end in range(0, len(whole), 7):
        assert len(strip(tmp_path, whole[:end], f"image/{kind.lower()}")) <= end
    for at in range(0, len(whole), 5):
        strip(tmp_path, whole[:at] + b"\xff" + whole[at + 1 :], f"image/{kind.lower()}")


def test_other_kinds_stay_as_they_are(tmp_path: Path) -> None:
    content = pictures.plain("TIFF") + b"behind"
    assert strip(tmp_path, content, "image/tiff") == content
