"""`madang serve --workers 3`: three real processes, their parent, and what becomes of them."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.services_under_test import MadangProcess, free_port, wait_until
from tests.supervisor.running import DEADLINE_S, ON_SQLITE, Workers, is_gone, madang, parent_of


@contextmanager
def three(folder: Path) -> Iterator[Workers]:
    with Workers(folder / "data", 3, log_format="json") as running:
        yield running
        left = list(running.pids().values())
    # Killed without a goodbye, the parent takes its workers along.
    wait_until(lambda: is_gone(*left), DEADLINE_S, lambda: f"{left} live on")


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    """For all tests that leave a parent with three workers behind."""
    with three(tmp_path_factory.mktemp("workers")) as running:
        yield running


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Workers]:
    """For a test that ends them."""
    with three(tmp_path) as running:
        yield running


def session_of(port: int) -> str:
    """The id of a new session there."""
    with urlopen(f"http://127.0.0.1:{port}/socket.io/?EIO=4&transport=polling", timeout=30) as answer:
        sid: str = json.loads(answer.read()[1:])["sid"]
        return sid


def logged(workers: MadangProcess, part: str) -> list[dict[str, object]]:
    """The log lines in which this is said."""
    return [json.loads(line) for line in workers.output.splitlines() if line.startswith("{") and part in line]


def test_each_worker_has_its_port_its_name_and_its_place_in_the_log(workers: Workers) -> None:
    assert [session_of(workers.port + number).partition(".")[0] for number in range(3)] == workers.names
    assert sorted(workers.pids()) == workers.names
    wait_until(lambda: bool(logged(workers, "all 3 workers are ready")), DEADLINE_S, lambda: workers.output)
    with urlopen(f"http://127.0.0.1:{workers.port + 1}/api/v1/welcome", timeout=30) as answer:
        answer.read()
    wait_until(lambda: bool(logged(workers, "/api/v1/welcome")), DEADLINE_S, lambda: workers.output)
    assert [line["worker"] for line in logged(workers, "/api/v1/welcome")] == ["w2"]


def test_it_greets_once(workers: Workers) -> None:
    assert workers.output.count("is starting 3 workers, w1 to w3, on 127.0.0.1 ports") == 1
    assert workers.output.count("Claim code: ") == 1
    assert workers.output.count("Stop with Ctrl-C.") == 1


def test_a_killed_worker_comes_back_and_the_others_stay(workers: Workers) -> None:
    before = workers.pids()
    os.kill(before["w2"], signal.SIGKILL)
    workers.waits_for("w2", other_than=before["w2"])
    assert {name: pid for name, pid in workers.pids().items() if name != "w2"} == {
        name: pid for name, pid in before.items() if name != "w2"
    }
    (line,) = logged(workers, "w2 has ended and is started again")
    assert line["how"] == "by signal SIGKILL"


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_all_end_when_the_parent_is_told_to(own: Workers, which: signal.Signals) -> None:
    pids = own.pids()
    os.kill(own.pid, which)
    wait_until(lambda: is_gone(*pids.values()) and parent_of(own.pid) is None, DEADLINE_S, lambda: own.output)
    assert own.stop() == 0
    assert "Traceback" not in own.output


def test_workers_do_not_outlive_a_parent_that_was_killed(own: Workers) -> None:
    pids = own.pids()
    os.kill(own.pid, signal.SIGKILL)
    wait_until(lambda: is_gone(*pids.values()), DEADLINE_S, lambda: own.output)


def test_a_rolling_restart_takes_one_after_the_other(workers: Workers) -> None:
    before, failures = workers.pids(), len(logged(workers, "has ended and is started again"))
    said = madang("restart", "--data", workers.data_dir)
    assert said.returncode == 0, said.stdout
    after = workers.pids()
    assert sorted(after) == workers.names
    assert not set(before.values()) & set(after.values())
    lines = said.stdout.splitlines()
    assert lines[0] == "w1 (1 of 3) says goodbye to its people and starts anew ..."
    assert lines[1].startswith("w1 is ready after ")
    assert [line.split()[0] for line in lines] == ["w1", "w1", "w2", "w2", "w3", "w3", "All"]
    assert lines[-1] == "All 3 workers were restarted."
    # Nobody takes an ordered end for a failure.
    assert len(logged(workers, "has ended and is started again")) == failures


def test_a_hangup_restarts_as_well_and_is_followed_by_whoever_asks_meanwhile(workers: Workers) -> None:
    before, restarts = workers.pids(), len(logged(workers, "all 3 workers were restarted"))
    os.kill(workers.pid, signal.SIGHUP)
    wait_until(lambda: workers.pid_of("w1") != before["w1"], DEADLINE_S, lambda: workers.output)
    assert madang("restart", "--data", workers.data_dir).returncode == 0
    wait_until(
        lambda: len(logged(workers, "all 3 workers were restarted")) == restarts + 2, DEADLINE_S, lambda: workers.output
    )


def test_one_folder_has_one_parent(workers: Workers) -> None:
    with pytest.raises(AssertionError, match=f"already .process {workers.pid}."):
        Workers(workers.data_dir, 2).start()


def test_nobody_is_restarted_where_nobody_runs(tmp_path: Path) -> None:
    said = madang("restart", "--data", tmp_path)
    assert (said.returncode, said.stdout) == (1, f"Error: No workers run from {tmp_path}.\n")


def test_one_of_several_runs_by_itself_under_its_own_name(tmp_path: Path) -> None:
    with MadangProcess(tmp_path / "data", command=ON_SQLITE, worker="w3") as server:
        assert session_of(server.port).startswith("w3.")
        assert "is starting w3 on 127.0.0.1 port" in server.output
        assert "the claim code that w1 prints" in server.output
        assert server.stop() == 0


def test_a_worker_whose_database_is_away_says_so_in_a_sentence(tmp_path: Path) -> None:
    database = f"postgresql://madang:a-secret@127.0.0.1:{free_port()}/talk"
    settings = {"database_url": database, "redis_url": "redis://127.0.0.1", "port": free_port()}
    theirs, ours = os.pipe()  # as long as its standard input is open, a worker has a parent
    said = madang("serve", "--supervised", "--worker", "w1", "--data", tmp_path, stdin=theirs, **settings)
    os.close(theirs)
    os.close(ours)
    assert said.returncode == 1
    assert said.stdout.startswith("Error: The database talk at 127.0.0.1:")
    assert "Traceback" not in said.stdout
    assert "a-secret" not in said.stdout


def test_several_workers_need_a_port_to_follow(tmp_path: Path) -> None:
    variables = {"database_url": "postgresql://127.0.0.1/madang", "redis_url": "redis://127.0.0.1"}
    said = madang("serve", "--workers", "2", "--port", "0", "--data", tmp_path / "data", **variables)
    assert (said.returncode, "Port 0 is any port" in said.stdout) == (1, True)


def test_more_than_one_worker_takes_postgresql_and_redis(tmp_path: Path) -> None:
    said = madang("serve", "--workers", "2", "--data", tmp_path / "data", port=free_port())
    assert said.returncode == 2
    assert [line.partition(":")[0] for line in said.stdout.splitlines()] == ["MADANG_DATABASE_URL", "MADANG_REDIS_URL"]
    assert not (tmp_path / "data").exists()
