"""The generated files: what each must hold, writing them, and finding those that have drifted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from server.protocol.schema import markdown
from server.protocol.schema.samples import samples_typescript
from server.protocol.schema.typescript import typescript

ROOT = Path(__file__).resolve().parents[3]
"""The repository: generated files are written there, never into an installed package."""

FILES: dict[str, Callable[[Path], str]] = {
    "web/client/src/types.ts": lambda root: typescript(),
    "web/client/src/samples.ts": samples_typescript,
    markdown.FILE: markdown.protocol_document,
}
"""Every generated file below the repository, and what it must hold there."""


def drifted(root: Path = ROOT) -> list[str]:
    """The files that do not hold what they should, missing ones included."""
    return [name for name, make in FILES.items() if _held(root / name) != make(root)]


def write(root: Path = ROOT) -> list[str]:
    """Brings every file up to date; returns the names of those that changed."""
    changed = drifted(root)
    for name in changed:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(FILES[name](root), encoding="utf-8")
    return changed


def _held(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
