"""What a visit fetches before it can be used stays small, whichever screen comes first."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

import server

STATIC = Path(server.__file__).parent / "static"
NAMED = r'<(?:script[^>]* src|link rel="(?:modulepreload|stylesheet)"[^>]* href)="/([^"]+)"'

# What each first screen fetches beside the files that the page itself names; tests/journeys/test_browser_first_load.py
# compares it with what Chromium asks for.
PANES = ["src/app/ConnectionBanner.tsx", "src/app/shortcuts.ts"]
FIRST_SCREENS = {
    "a conversation": PANES,
    "no conversation": [*PANES, "src/app/Home.tsx"],
    "signing in": ["src/signin/SignInPage.tsx"],
}
MOST_BYTES = {".js": 140_000, ".css": 14_000}
MOST_BYTES_LATER = 30_000


@pytest.mark.parametrize("screen", FIRST_SCREENS)
@pytest.mark.parametrize("kind", MOST_BYTES)
def test_a_first_screen_is_within_its_budget(screen: str, kind: str) -> None:
    files = [name for name in fetched_for(screen) if name.endswith(kind)]
    assert files
    assert packed(files) <= MOST_BYTES[kind]


def test_what_comes_later_comes_in_small_files() -> None:
    first = {name for screen in FIRST_SCREENS for name in fetched_for(screen)}
    later = [name for part in manifest().values() for name in files_of(part) if name not in first]
    assert later
    assert [name for name in later if packed([name]) > MOST_BYTES_LATER] == []


def fetched_for(screen: str) -> set[str]:
    """The scripts and stylesheets that are asked for before this screen can be used."""
    names = set(re.findall(NAMED, (STATIC / "index.html").read_text()))
    for source in FIRST_SCREENS[screen]:
        names |= brought_along(source, manifest())
    return names


def brought_along(source: str, parts: dict[str, dict[str, list[str]]]) -> set[str]:
    """The files of a source and of all that it imports."""
    part = parts[source]
    names = set(files_of(part))
    return names.union(*(brought_along(other, parts) for other in part.get("imports", []) if other != "index.html"))


def files_of(part: dict[str, list[str]]) -> list[str]:
    return [str(part["file"]), *part.get("css", [])]


def manifest() -> dict[str, dict[str, list[str]]]:
    """What the build says of each file: its name, its styles and what it imports."""
    parts: dict[str, dict[str, list[str]]] = json.loads((STATIC / ".vite" / "manifest.json").read_text())
    return parts


def packed(names: Iterable[str]) -> int:
    """How many bytes these files are on the way."""
    return sum(len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in names)
