"""The proofs run, a few inputs long, and say so when something does not hold; and whoever was cut misses nothing."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from tests import prove
from tests.bench import peers, wire
from tests.engine.abuse import player
from tests.prove import __main__ as command
from tests.prove import fuzz, reader, running
from tests.prove.proof import ROOT, Options, Proof, percentile


def test_proofs_print_a_line_each_and_a_table() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.prove", "fuzz", "frames", "flood", "--inputs", "40", "--seed", "5"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines[:3]] == ["fuzz", "frames", "flood"]
    assert "seed 5, inputs 240" in lines[0]
    assert [line.split()[:2] for line in lines[4:]] == [["fuzz", "holds"], ["frames", "holds"], ["flood", "holds"]]


def test_what_does_not_hold_is_said_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "run", lambda name, options: Proof({"a": 1.23456}, ["the sky has fallen"]))
    assert command.main(["fuzz", "drain"]) == 1
    said = capsys.readouterr().out
    assert "fuzz: a 1.235; DOES NOT HOLD: the sky has fallen" in said
    assert said.count("DOES NOT HOLD") == 4


def test_the_fuzz_names_what_was_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "_check_sound", _fails)
    found = fuzz.prove(Options(seed=3, first=10, inputs=8))
    assert len(found.failures) == len(fuzz.WORLDS)
    assert found.failures[0].startswith("in memory: seed 3, visit 1")


def test_a_proof_that_dies_does_not_hold() -> None:
    assert running.run("behaviours", Options(rounds=-1)).failures


def test_each_proof_is_described() -> None:
    assert set(re.findall(r"^([a-z]+)  ", prove.__doc__ or "", re.MULTILINE)) == set(running.PROOFS)


def test_there_is_no_such_proof(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["sums"])
    assert "there is no sums" in capsys.readouterr().err


def test_the_edge_of_many() -> None:
    assert (percentile(list(range(100)), 50), percentile(list(range(100)), 99), percentile([], 50)) == (50, 99, 0.0)


def test_a_member_who_stopped_reading_is_cut_alone_and_misses_nothing(tmp_path: Path) -> None:
    with peers.madang(tmp_path, 4, 4) as peer:
        asyncio.run(_cut_and_back(peer))


async def _cut_and_back(peer: peers.Peer) -> None:
    async with aiohttp.ClientSession() as http, asyncio.timeout(60):
        members = [await reader.Member.of(peer, person) for person in peer.people]
        room = reader.Room(peer, members, http)
        slow = members[-1]
        await room.say(reader.WORDS)
        slow.stop_reading()
        said = 1
        while not await room.metric('madang_engine_closed_total{reason="slow consumer"}'):
            await asyncio.gather(*(room.say("x" * 3500) for _ in range(50)))
            said += 50
        slow.read_again()
        await slow.lost.wait()
        again, fetched = await room.comes_back(slow.seqs[-1])
        last = reader.seq_of(wire.accepted(await room.say(reader.WORDS)))
        for member in (*members[1:-1], again):
            await member.has_heard(last)
        assert sorted({*slow.seqs, *fetched, *again.seqs}) == members[1].seqs
        assert len(members[1].seqs) == said + 1
        assert fetched
        for member in (*members, again):
            member.close()


def _fails(output: bytes) -> None:
    raise player.Wrong("always")
