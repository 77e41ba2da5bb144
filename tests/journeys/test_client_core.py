"""The web's client core in Node, against a running server."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.services_under_test import NODE, ROOT, MadangProcess


def test_people_talk_with_the_client_core(tmp_path: Path) -> None:
    """All of ``journey.live.ts``: groups, files, marks, a broken link, recovery by the server."""
    with MadangProcess(tmp_path / "data", registration="open", message_rate="off") as madang:
        done = subprocess.run(
            [NODE, ROOT / "web/node_modules/vitest/vitest.mjs", "run"],
            cwd=ROOT / "web/client",
            env={**os.environ, "MADANG_TEST_URL": madang.url, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "journey.live.ts" in done.stdout
