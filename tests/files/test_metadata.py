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


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_no_breakage_makes_it_fail(tmp_path: Path, kind: str) -> None:
    whole = pictures.from_a_camera(kind, pictures.noise((20, 10)))
    for end in range(0, len(whole), 7):
        assert len(strip(tmp_path, whole[:end], f"image/{kind.lower()}")) <= end
    for at in range(0, len(whole), 5):
        strip(tmp_path, whole[:at] + b"\xff" + whole[at + 1 :], f"image/{kind.lower()}")


def test_other_kinds_stay_as_they_are(tmp_path: Path) -> None:
    content = pictures.plain("GIF") + b"behind"
    assert strip(tmp_path, content, "image/gif") == content
