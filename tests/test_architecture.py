"""The house plan: which room may know which, no circles, and where each library may be used."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
SERVER = ROOT / "server"

GROUND = {"records", "errors", "clock", "settings", "logs", "metrics", "workers", "addresses", "progress", "__init__"}
MAY_KNOW = {
    "records": set(),
    "errors": set(),
    "clock": set(),
    "__init__": set(),
    "addresses": set(),
    "settings": {"addresses"},
    "logs": {"errors"},
    "metrics": {"__init__"},
    "workers": {"settings"},
    "progress": set(),
    "loop": set(),
    "protocol": {"records", "errors", "clock", "__init__"},
    "storage": {"protocol", *GROUND},
    "files": {"protocol", *GROUND},
    "realtime": {"protocol", "engine", *GROUND},
    "services": {"storage", "files", "realtime", "protocol", *GROUND},
    "followers": {"storage", "realtime", "protocol", *GROUND},
    "transport": {"services", "realtime", "protocol", "engine", *GROUND},
    "engine": set(),
    "readings": {"storage", "realtime", *GROUND},
    "sharing": {"transport", "services", "realtime", *GROUND},
    "parts": {
        "transport",
        "services",
        "followers",
        "storage",
        "files",
        "realtime",
        "engine",
        *GROUND,
    },
    "app": {
        "loop",
        "parts",
        "readings",
        "sharing",
        "transport",
        "services",
        "followers",
        "storage",
        "files",
        "realtime",
        "protocol",
        "engine",
        *GROUND,
    },
    "supervisor": set(GROUND),
    "doctor": {"storage", "files", "realtime", *GROUND},
    "moving": {"storage", *GROUND},
    "checking": {"storage", "files", *GROUND},
    "reindexing": {"followers", "storage", *GROUND},
    "chaos": {"storage", "protocol", *GROUND},
    "__main__": {
        "app",
        "chaos",
        "checking",
        "moving",
        "reindexing",
        "supervisor",
        "doctor",
        "services",
        "storage",
        "protocol",
        *GROUND,
    },
}
ONLY_IN = {
    "peewee": {"storage"},
    "playhouse": {"storage"},
    "psycopg": {"storage"},
    "socketio": {"transport", "engine", "realtime", "app", "chaos"},
    "engineio": {"transport", "engine", "realtime", "app", "chaos"},
    "aiohttp": {"transport", "engine", "realtime", "app", "followers", "chaos"},
}


def modules() -> Iterator[Path]:
    """Every module of the server."""
    return (path for path in sorted(SERVER.rglob("*.py")) if "static" not in path.parts)


def name_of(path: Path) -> str:
    """The dotted name that a module is imported by."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(name: str) -> str:
    """The room that a module of ours stands in: the first word behind ``server``."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imports_of(path: Path) -> Iterator[str]:
    """The dotted names that a module imports, wherever in it."""
    package = name_of(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(filter(None, (package if node.level else "", node.module or "")))
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def test_every_room_knows_only_what_lies_below() -> None:
    wrong = []
    for path in modules():
        room = room_of(name_of(path))
        known = {room_of(name) for name in imports_of(path) if name.split(".")[0] == "server"}
        # A plain `from server import records` names the room in its second word; `server` itself is the ground.
        for other in known - {room, "__init__"} - MAY_KNOW[room]:
            if (SERVER / other).exists() or (SERVER / f"{other}.py").exists():
                wrong.append(f"{name_of(path)} knows {other}")
    assert not wrong, wrong


def test_there_are_no_circles() -> None:
    names = {name_of(path) for path in modules()}
    graph = {name_of(path): {name for name in imports_of(path) if name in names} - {"server"} for path in modules()}
    while leaves := [name for name, known in graph.items() if not known & (graph.keys() - {name})]:
        for name in leaves:
            del graph[name]
    circle = {name: sorted(known & graph.keys()) for name, known in graph.items()}
    assert not circle, circle


def test_libraries_stay_in_their_rooms() -> None:
    wrong = [
        f"{name_of(path)} imports {library}"
        for path in modules()
        for library, rooms in ONLY_IN.items()
        if room_of(name_of(path)) not in rooms and library in {name.split(".")[0] for name in imports_of(path)}
    ]
    assert not wrong, wrong


def test_protocol_never_waits() -> None:
    for path in (SERVER / "protocol").rglob("*.py"):
        waits = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.AsyncFunctionDef)]
        assert not waits, path


def test_files_are_one_subject() -> None:
    long = [
        f"{path.relative_to(ROOT)} has {count} lines"
        for path in [*modules(), *(ROOT / "tests").rglob("*.py")]
        if (count := len(path.read_text().splitlines())) > 400
    ]
    assert not long, long
