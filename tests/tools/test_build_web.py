from pathlib import Path

import pytest

from tools import build_web


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with two sources, whose ``npm`` is told apart by the words it was given."""
    for name, text in {"web/package.json": "{}", "web/app/src/main.ts": "start()"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def calls(root: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What npm was asked to do; it leaves behind what the real one does."""
    asked: list[str] = []

    def npm(web: Path, *words: str) -> None:
        asked.append(words[0])
        left = web / "node_modules" / "vite.js" if words[0] == "ci" else root / "server" / "static" / "index.html"
        left.parent.mkdir(parents=True, exist_ok=True)
        left.write_text("made by npm")

    monkeypatch.setattr(build_web, "npm", npm)
    return asked


def test_the_first_build_fetches_packages_and_builds(root: Path, calls: list[str]) -> None:
    assert build_web.build_web(root)
    assert calls == ["ci", "run"]


def test_a_second_build_does_nothing(root: Path, calls: list[str]) -> None:
    build_web.build_web(root)
    calls.clear()
    (root / "web" / "app" / "src" / "main.ts").touch()
    assert not build_web.build_web(root)
    assert calls == []


def test_a_changed_source_is_built_with_the_packages_that_are_there(root: Path, calls: list[str]) -> None:
    build_web.build_web(root)
    calls.clear()
    (root / "web" / "app" / "src" / "main.ts").write_text("start(now)")
    assert build_web.build_web(root)
    assert calls == ["run"]


@pytest.mark.parametrize("change", ["renamed", "removed", "added"])
def test_a_source_that_came_or_went_is_a_change(root: Path, calls: list[str], change: str) -> None:
    build_web.build_web(root)
    source = root / "web" / "app" / "src" / "main.ts"
    if change == "renamed":
        source.rename(source.with_name("start.ts"))
    elif change == "removed":
        source.unlink()
    else:
        source.with_name("more.ts").write_text("")
    assert build_web.build_web(root)


def test_other_packages_are_fetched_when_the_lock_file_changed(root: Path, calls: list[str]) -> None:
    build_web.build_web(root)
    calls.clear()
    (root / "web" / "package-lock.json").write_text("{}")
    build_web.build_web(root)
    assert calls == ["ci", "run"]


def test_a_lost_build_is_built_again(root: Path, calls: list[str]) -> None:
    build_web.build_web(root)
    (root / "server" / "static" / "index.html").unlink()
    assert build_web.build_web(root)


def test_the_same_sources_elsewhere_have_the_same_digest(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    clone = tmp_path_factory.mktemp("clone")
    for source in build_web.web_sources(root / "web"):
        copy = clone / source.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(source.read_bytes())
    assert digest_of(clone) == digest_of(root)


def digest_of(root: Path) -> str:
    return build_web.digest(root / "web", build_web.web_sources(root / "web"))
