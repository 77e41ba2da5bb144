"""Where a film was taken is nobody's business; what is seen in it is."""

import random
from pathlib import Path

import pytest

from server.files import iso_media, metadata, webm
from server.files.thumbnails import Film, Thumbnails
from tests.files import films, pictures


def strip(tmp_path: Path, content: bytes, media_type: str = "video/mp4") -> bytes:
    path = tmp_path / "film"
    path.write_bytes(content)
    metadata.strip(path, media_type)
    return path.read_bytes()


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("media_type", ["video/mp4", "video/quicktime"])
def test_the_place_the_camera_and_the_way_go(tmp_path: Path, media_type: str, wide: bool) -> None:
    before = films.film(wide=wide)
    after = strip(tmp_path, before, media_type)
    assert len(after) == len(before)
    for secret in (films.PLACE, films.CAMERA, b"GPS", b"ISO6709", b"xmpmeta", (3_900_000_000).to_bytes(4, "big")):
        assert secret in before
        assert secret not in after
    assert films.SEEN in after
    assert after.count(b"trak") == 1
    assert strip(tmp_path, after) == after


@pytest.mark.parametrize(("turned", "sides"), [(False, (1920, 1080)), (True, (1080, 1920))])
@pytest.mark.parametrize("wide", [False, True])
async def test_it_says_how_large_and_how_long_it_is(
    tmp_path: Path, turned: bool, sides: tuple[int, int], wide: bool
) -> None:
    path = tmp_path / "film"
    path.write_bytes(films.film(turned=turned, wide=wide))
    assert await Thumbnails().film(path, "video/mp4") == Film("video/mp4", *sides, 2500)
    assert films.PLACE not in path.read_bytes()


@pytest.mark.parametrize("live", [False, True])
async def test_a_webm_tells_its_size_and_nothing_of_its_maker(tmp_path: Path, live: bool) -> None:
    path = tmp_path / "film"
    before = films.webm(live=live)
    path.write_bytes(before)
    assert await Thumbnails().film(path, "video/webm") == Film("video/webm", 1920, 1080, 2500)
    after = path.read_bytes()
    assert len(after) == len(before)
    for secret in (films.PLACE, films.CAMERA, b"LOCATION", bytes.fromhex("1254C367")):
        assert secret in before
        assert secret not in after
    assert films.SEEN in after
    assert strip(tmp_path, after, "video/webm") == after


@pytest.mark.parametrize("seed", range(20))
def test_no_broken_webm_makes_it_fail_or_run_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(webm, "MAX_ELEMENTS", 500)
    chance = random.Random(seed)
    for _ in range(30):
        broken = bytearray(films.webm(live=bool(seed % 2)))
        for _ in range(chance.randrange(1, 6)):
            broken[chance.randrange(len(broken))] = chance.choice((0, 1, 0x80, 255, chance.randrange(256)))
        del broken[chance.randrange(len(broken)) if chance.random() < 0.3 else len(broken) :]
        assert len(strip(tmp_path, bytes(broken), "video/webm")) == len(broken)
        with (tmp_path / "film").open("rb") as file:
            webm.facts(file.fileno())


@pytest.mark.parametrize("seed", range(40))
def test_no_breakage_makes_it_fail_or_run_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(iso_media, "MAX_BOXES", 500)
    chance = random.Random(seed)
    whole = films.film() if seed % 2 else pictures.from_a_camera("AVIF", pictures.noise((30, 20)))
    kind = "video/mp4" if seed % 2 else "image/avif"
    for _ in range(30):
        broken = bytearray(whole[: chance.randrange(len(whole))] if chance.random() < 0.3 else whole)
        for _ in range(chance.randrange(1, 6)):
            if broken:
                broken[chance.randrange(len(broken))] = chance.choice((0, 1, 8, 255, chance.randrange(256)))
        assert len(strip(tmp_path, bytes(broken), kind)) == len(broken)
        with (tmp_path / "film").open("rb") as file:
            iso_media.facts(file.fileno())


async def test_a_film_of_nothing_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "film"
    path.write_bytes(b"\0\0\0\x10ftypmp42\0\0\0\0")
    assert await Thumbnails().film(path, "video/mp4") == Film("video/mp4", None, None, None)
