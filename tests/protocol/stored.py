"""The samples that both languages read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "samples"


def stored(name: str) -> dict[str, Any]:
    """What ``tests/samples/<name>.json`` holds."""
    held: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return held
