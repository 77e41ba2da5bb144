"""`pip install .` on a machine with Python alone gives a complete program."""

import shutil
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path

import pytest

import server
from tests.services_under_test import ROOT, MadangProcess, plain_environment

NOT_SOURCES = (".git", ".venv", ".*_cache", "__pycache__", "node_modules", "static", "data", "build", "dist")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` folder of a fresh environment into which a clean copy of the project was installed."""
    folder = tmp_path_factory.mktemp("installed")
    shutil.copytree(ROOT, folder / "source", ignore=shutil.ignore_patterns(*NOT_SOURCES))
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    # A shell and nothing else, least of all a Node: the build has to bring its own.
    (folder / "bin").mkdir()
    (folder / "bin" / "sh").symlink_to("/bin/sh")
    environment = plain_environment() | {"PATH": str(folder / "bin")}
    done = subprocess.run(
        [folder / "venv" / "bin" / "pip", "install", "--quiet", folder / "source"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "venv" / "bin"


@pytest.mark.slow
def test_the_installed_program_knows_its_version(installed: Path) -> None:
    said = subprocess.run([installed / "madang", "--version"], capture_output=True, text=True, check=True).stdout
    assert server.__version__ in said


@pytest.mark.slow
def test_the_installed_program_brings_the_web_app(installed: Path, tmp_path: Path) -> None:
    with (
        MadangProcess(tmp_path / "data", command=[str(installed / "madang")]) as madang,
        urllib.request.urlopen(madang.url) as page,
    ):
        assert '<div id="madang">' in page.read().decode()


@pytest.mark.slow
def test_the_wheel_holds_the_built_app_and_not_its_stamp(installed: Path) -> None:
    (static,) = installed.parent.glob("lib/python3*/site-packages/server/static")
    assert (static / "index.html").exists()
    assert list(static.glob("assets/*.js"))
    assert not (static / ".built-from").exists()


def test_the_licence_goes_with_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "MIT"
    assert "Madang contributors" in (ROOT / "LICENSE").read_text()
