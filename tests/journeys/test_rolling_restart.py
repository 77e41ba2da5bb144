"""`madang restart` while people talk: what `make prove` does for longer and with more of them."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from tests.journeys.deployment import supervised
from tests.postgres_server import PostgresServer
from tests.prove import rolling


@pytest.mark.slow
def test_nothing_is_lost_and_everybody_comes_back(
    tmp_path: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rolling, "PEOPLE", 9)
    monkeypatch.setattr(rolling, "MOST_OFFLINE_S", 60.0)  # beside other tests; what is promised the proof itself asks
    with supervised(tmp_path, postgres.new_database()) as madang:
        proof = asyncio.run(rolling._prove(madang, random.Random(7)))
    assert proof.failures == [], proof.figures
