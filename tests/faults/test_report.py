"""What is said of runs: the figures are those of the histories, and the bound is the exact one."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from server.chaos import history
from server.chaos.history import Send, Sent
from server.chaos.report import CutPoints, Result, failing_at_most, load, many, one, page, save
from tests.faults.story import GROUP, Story


def a_run(seed: int = 7, broken: bool = False, bug: str | None = None) -> Result:
    """One fault, during which an answer takes two seconds; healed after three."""
    story = Story(nemeses=("redis_killed",))
    story.records[0] = history.Run(seed, "sqlite", 1, ["redis_killed"], bug)
    story.send("ana", "hello")
    story.note(history.Fault("redis_killed", "begin"))
    op = story.ask("ana", Send(GROUP, "ana-9001", "are you there?"))
    story.t += 2
    said = story.store_message("ana", "are you there?", "ana-9001")
    story.ok(op, Sent(said.seq, said.seq))
    story.hear("ana", said)
    story.silence(story.ask("ben", history.Mark(GROUP, 1)))
    story.refuse(story.ask("ben", history.Mark(GROUP, 1)), "unavailable", retryable=True)
    story.refuse(story.ask("ben", history.Edit(GROUP, said.seq, "no")), "forbidden")
    story.note(history.Fault("redis_killed", "end", fired=True, detail="gone for 2 s"))
    story.heal()
    story.go("ben")
    op = story.ask("ben", history.Connect(resume=True))
    story.come("ben")
    story.ok(op, history.Connected(recovered=True))
    story.t += 3
    story.hear("ben", said, live=False)
    story.fetch("ben", 2)
    if broken:
        story.show("ben", said)
    return Result.of(story.end())


def test_the_bound_is_exact() -> None:
    assert failing_at_most(30, 0) == pytest.approx(1 - 0.05 ** (1 / 30))
    assert failing_at_most(30, 0) == pytest.approx(0.0950, abs=0.0001)
    assert failing_at_most(1, 0) == pytest.approx(0.95)
    # From tables of Clopper and Pearson.
    assert failing_at_most(30, 1) == pytest.approx(0.1486, abs=0.0001)
    assert failing_at_most(10, 3) == pytest.approx(0.6066, abs=0.0001)
    assert failing_at_most(0, 0) == failing_at_most(3, 3) == 1


def test_figures_are_counted_in_the_history() -> None:
    result = a_run()
    assert result.clean
    assert (result.name, result.seed, result.entries) == ("sqlite, 1 worker", 7, 4)
    assert result.operations["send"].ok == 2
    assert (result.operations["mark"].unknown, result.operations["mark"].later) == (1, 1)
    assert result.operations["edit"].refused == 1
    assert result.in_peace_ms == pytest.approx([10, 10])
    assert result.in_trouble_ms == pytest.approx([2010])
    assert result.shown == {"live": 3, "replay": 1, "fetch": 0}
    assert (result.returned, result.recovered) == (1, 1)
    [fault] = result.faults
    assert (fault.nemesis, fault.fired, fault.detail) == ("redis_killed", True, "gone for 2 s")
    assert fault.healed_s == pytest.approx(3.07)
    assert result.healed_s == pytest.approx(3.06)


def test_a_run_without_faults_has_figures_too() -> None:
    story = Story()
    story.send("ana", "hello")
    result = Result.of(story.end())
    assert result.clean
    assert (result.faults, result.healed_s, result.in_trouble_ms) == ([], None, [])
    assert one(result).startswith("seed 7 on story, 1 worker: clean\n")
    assert page([result])


def test_a_result_is_kept_in_a_file(tmp_path: Path) -> None:
    results = [a_run(), a_run(8, broken=True)]
    for result in results:
        save(tmp_path / "results.jsonl", result)
    assert load(tmp_path / "results.jsonl") == results


def test_a_clean_run_in_a_few_lines() -> None:
    text = one(a_run())
    assert text.startswith("seed 7 on sqlite, 1 worker: clean\n")
    assert "6 operations in" in text
    assert "answers 10 / 10 ms in peace, 2010 / 2010 ms in trouble" in text
    assert "redis_killed: 2.1 s, everybody up to date after 3.1 s. gone for 2 s" in text


def test_a_broken_run_shows_what_broke() -> None:
    text = one(a_run(broken=True))
    assert text.startswith("seed 7 on sqlite, 1 worker: BROKEN: I10 (1)\n")
    assert "I10: Client ben shows entry 4 again" in text
    assert text.count('{"kind":"shown"') == 2


def test_long_texts_are_cut_where_they_are_shown() -> None:
    story = Story()
    said = story.send("ana", 'she said "no" ' * 20)
    story.show("ben", said)
    story.log[-1].text = "other words"
    text = page([Result.of(story.end())])
    assert 'she said \\"no\\" she said' in text
    assert max(len(line) for line in text.splitlines() if line.startswith("{")) < 400
    assert '..."' in text


def test_many_runs_and_what_follows() -> None:
    results = [a_run(seed) for seed in range(1, 30)]
    assert many(results) == (
        "sqlite, 1 worker: 29 of 29 runs clean, 0 broken, 0 invalid; the chance of a failing run is at most 9.8% (95 %)"
    )
    invalid = replace(a_run(30), invalid=["The nemesis redis_killed did not fire."])
    assert "29 of 31 runs clean, 1 broken, 1 invalid" in many([*results, invalid, a_run(31, broken=True)])


def test_the_page_says_everything() -> None:
    results = [a_run(1), a_run(2, broken=True), a_run(1, bug="mark without max"), a_run(2, True, "mark without max")]
    text = page(results, [CutPoints("sqlite", 60, 900, 40, 12)], ["2 cores"])
    assert "| sqlite, 1 worker | 1 to 2 | 2 | 1 | 1 | 0 |" in text
    assert "| sqlite, 1 worker | send | 4 | 4 | 0 | 0 | 0 |" in text
    assert "| sqlite, 1 worker | while something was broken | 2 | 2010.0 | 2010.0 |" in text
    assert "| I10 | each client shows each entry once, ascending, without a hole at the end |" in text
    assert "**sqlite, 1 worker, seed 2, I10.** Client ben shows entry 4 again" in text
    assert "| mark without max | sqlite, 1 worker | redis_killed | 2 | seed 2 | I10 |" in text
    assert "| sqlite | 60 | 900 | 40 | 12 | 0 |" in text
    assert "- 2 cores" in text
