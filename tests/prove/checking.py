"""A million messages looked at on both kinds of database, moved between, lost and made anew: time and memory."""

from __future__ import annotations

import contextlib
import io
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from server.moving import move
from tests.checking.town import town
from tests.postgres_server import PostgresServer
from tests.prove.proof import ROOT, Options, Proof, resident_mb
from tests.services_under_test import plain_environment

MESSAGES = 1_000_000
CONVERSATIONS = 5_000
MEMORY_MB = 100.0


def prove(options: Options) -> Proof:
    """``options.inputs`` messages, a fifth of them in one conversation; the memory must not depend on how many."""
    proof = Proof()
    messages = options.inputs or MESSAGES
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "madang.db"
        town(source, conversations=min(CONVERSATIONS, 10 + messages // 200), messages=messages)
        proof.figures["messages"] = messages
        here = {"MADANG_DATA_DIR": folder}
        _run(proof, "check on SQLite", here, "check", "--no-files")
        ours = _run(proof, "digests on SQLite", here, "digests")
        with PostgresServer(fsync=True) as server:
            address = server.empty_database()
            proof.must(move(f"sqlite:{source}", address, out=io.StringIO()), "it could not be moved")
            there = {"MADANG_DATABASE_URL": address}
            _run(proof, "check on PostgreSQL", there, "check", "--no-files")
            theirs = _run(proof, "digests on PostgreSQL", there, "digests")
            proof.must(ours == theirs, "the digests differ")
            server.execute("delete from message", address)
            said = _run(proof, "rebuild on PostgreSQL", there, "rebuild")
            proof.must(f"Put right: {messages:,}." in said, f"not all messages were made anew: {said[-500:]}")
        with contextlib.closing(sqlite3.connect(source)) as file, file:
            file.execute("delete from message")
        said = _run(proof, "rebuild on SQLite", here, "rebuild")
        proof.must(f"Put right: {messages:,}." in said, f"not all messages were made anew: {said[-500:]}")
        proof.must(_run(proof, "digests at the end", here, "digests") == ours, "the digests are not what they were")
    return proof


def _run(proof: Proof, name: str, environment: dict[str, str], *arguments: str) -> str:
    """What a command printed; it must end well, and within its memory."""
    peak_mb, began = 0.0, time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "server", *arguments],
            cwd=ROOT, env=plain_environment() | environment, stdout=said, stderr=subprocess.STDOUT,
        )  # fmt: skip
        while process.poll() is None:
            with contextlib.suppress(OSError, IndexError):  # it ends just now
                peak_mb = max(peak_mb, resident_mb(process.pid))
            time.sleep(0.02)
        said.seek(0)
        printed = said.read()
    proof.figures[name] = f"{time.monotonic() - began:.1f} s, {peak_mb:.0f} MB"
    proof.must(process.returncode == 0, f"{name} ended with {process.returncode}: {printed[-1000:]}")
    proof.must(peak_mb < MEMORY_MB, f"{name} took {peak_mb:.0f} MB of memory")
    return printed
