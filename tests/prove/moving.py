"""A million messages from an embedded database to PostgreSQL: equal on both sides, with time and memory."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.moving.houses import house
from tests.postgres_server import PostgresServer
from tests.prove.proof import ROOT, Options, Proof, resident_mb
from tests.services_under_test import plain_environment

MESSAGES = 1_000_000
CONVERSATIONS = 5_000
MEMORY_MB = 120.0


def prove(options: Options) -> Proof:
    """``options.inputs`` messages; the memory must not depend on how many they are."""
    proof = Proof()
    messages = options.inputs or MESSAGES
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "madang.db"
        house(source, conversations=min(CONVERSATIONS, messages), messages=messages)
        with PostgresServer(fsync=True) as server:
            began = time.monotonic()
            status, peak_mb, said = _moved(source, server.empty_database())
            seconds = time.monotonic() - began
    took = dict(re.findall(r"^(Copying|Comparing): [\d,]+ rows in ([^,]*)", said, re.MULTILINE))
    [logs] = re.findall(r"same digest on both sides: (.*)\.", said) or ["none"]
    proof.figures = {
        "messages": messages,
        "logs with equal digests": logs,
        "seconds": round(seconds, 1),
        "copying": took.get("Copying"),
        "comparing": took.get("Comparing"),
        "peak MB": round(peak_mb),
    }
    proof.must(status == 0, f"it ended with {status}: {said[-1000:]}")
    proof.must("Moved: both databases are equal." in said, "it did not say that both are equal")
    proof.must(peak_mb < MEMORY_MB, f"it took {peak_mb:.0f} MB of memory")
    return proof


def _moved(source: Path, url: str) -> tuple[int, float, str]:
    """Exit code, megabytes at the most, and what ``madang move`` printed."""
    peak_mb = 0.0
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "server", "move", "--from", f"sqlite:{source}", "--to", url],
            cwd=ROOT, env=plain_environment(), stdout=said, stderr=subprocess.STDOUT,
        )  # fmt: skip
        while process.poll() is None:
            with contextlib.suppress(OSError, IndexError):  # it ends just now
                peak_mb = max(peak_mb, resident_mb(process.pid))
            time.sleep(0.02)
        said.seek(0)
        return process.returncode, peak_mb, said.read()
