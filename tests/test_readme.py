"""What the README tells a newcomer to paste works when pasted."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from server.settings import _PARSERS
from tests.services_under_test import NODE, ROOT, MadangProcess

README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("times", [1, 2])
def test_the_script_says_hello(tmp_path: Path, times: int) -> None:
    [script] = [block for block in re.findall(r"```js\n(.*?)```", README, re.DOTALL) if "socket.io-client" in block]
    (tmp_path / "node_modules").symlink_to(ROOT / "web" / "node_modules")
    with MadangProcess(tmp_path / "data") as madang:
        (tmp_path / "hello.mjs").write_text(script.replace("http://localhost:8000", madang.url))
        for _ in range(times):  # the second time it signs in
            process = subprocess.Popen(
                [NODE, tmp_path / "hello.mjs"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == "1 says: Hello from a script\n"
            finally:
                process.kill()
                process.wait()
                process.stdout.close()


def test_every_setting_is_explained() -> None:
    table = README[README.index("## Settings") :]
    assert [name for name in _PARSERS if f"`{name}`" not in table] == []


def test_every_link_leads_somewhere() -> None:
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in target]
    assert [target for target in targets if not (ROOT / target).exists()] == []
