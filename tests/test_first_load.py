"""The part of the web app that every visit fetches first stays small."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

import server

STATIC = Path(server.__file__).parent / "static"
SCRIPTS = r'<(?:script type="module"[^>]* src|link rel="modulepreload"[^>]* href)="/([^"]+)"'
STYLES = r'<link rel="stylesheet"[^>]* href="/([^"]+)"'


@pytest.mark.parametrize(("named", "most"), [(SCRIPTS, 140_000), (STYLES, 14_000)], ids=["scripts", "styles"])
def test_what_the_page_names_is_within_its_budget(named: str, most: int) -> None:
    names = re.findall(named, (STATIC / "index.html").read_text())
    assert names
    assert sum(len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in names) <= most
