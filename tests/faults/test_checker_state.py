"""I13 to I15, each broken by hand, beside the nearest history that is right; and runs that prove nothing."""

from __future__ import annotations

from msgspec.structs import replace

from server.chaos import history
from server.chaos.checker import INVARIANTS, check
from server.chaos.history import Mark, Marked, Resources, Send, Text
from tests.faults.story import GROUP, Story, broken


def test_i13_a_mark_that_goes_back_in_an_answer() -> None:
    story = Story()
    story.send("ana", "one")
    story.send("ana", "two")
    story.mark("ben", 4)
    op = story.ask("ben", Mark(GROUP, 3))
    story.ok(op, Marked(3))
    assert broken(story.end()) == ["I13"]


def test_i13_a_message_moves_the_mark_of_its_sender() -> None:
    story = Story()
    story.send("ana", "one")
    said = story.send("ben", "two")
    story.ok(story.ask("ben", Mark(GROUP, 3)), Marked(3))
    assert said.seq == 4
    assert broken(story.end()) == ["I13"]


def test_i13_marks_under_way_at_the_same_time_may_be_answered_either_way() -> None:
    story = Story()
    story.send("ana", "one")
    story.send("ana", "two")
    low, high = story.ask("ben", Mark(GROUP, 3)), story.ask("ben", Mark(GROUP, 4))
    story.ok(high, Marked(4))
    story.ok(low, Marked(3))
    story.read[2] = 4
    story.mark("ben", 3)
    assert broken(story.end()) == []


def test_i13_a_mark_that_goes_back_in_what_others_hear() -> None:
    story = Story()
    story.send("ana", "one")
    story.send("ana", "two")
    story.mark("ben", 4)
    story.note(history.Receipt("ana", GROUP, 2, 4))
    story.note(history.Receipt("ana", GROUP, 2, 3))
    assert broken(story.end()) == ["I13"]


def test_i13_another_worker_may_tell_once_more_what_one_knows() -> None:
    story = Story()
    story.send("ana", "one")
    story.send("ana", "two")
    story.mark("ben", 4)
    story.note(history.Receipt("ana", GROUP, 2, 4))
    story.go("ana")
    story.come("ana")
    story.note(history.Receipt("ana", GROUP, 2, 3))
    assert broken(story.end()) == []


def test_i13_a_mark_that_ends_further_back() -> None:
    story = Story()
    story.send("ana", "one")
    story.mark("ben", 3)
    story.read[2] = 2
    assert broken(story.end()) == ["I13"]


def test_i13_what_was_received_does_not_go_back_either() -> None:
    for told, stands, wrong in (((4, 4), 4, []), ((3, 4), 0, ["I13"]), ((4, 3), 4, ["I13"])):
        story = Story()
        story.send("ana", "one")
        story.send("ana", "two")
        story.ok(story.ask("ben", Mark(GROUP, 4, received=True)), Marked(2))
        for seq in told:
            story.note(history.Receipt("ana", GROUP, 2, received_seq=seq))
        records = story.end()
        final = next(one for one in records if isinstance(one, history.Final) and one.source == history.DATABASE)
        final.received = {1: 0, 2: stands}
        assert broken(records) == wrong, (told, stands)


def test_i13_what_was_read_was_received() -> None:
    story = Story()
    story.send("ana", "one")
    story.ok(story.ask("ben", Mark(GROUP, 3, received=True)), Marked(2))
    story.mark("ben", 3)
    records = story.end()
    final = next(one for one in records if isinstance(one, history.Final) and one.source == history.DATABASE)
    final.received = {1: 0, 2: 0}
    assert broken(records) == []


def test_i13_a_mark_past_the_head() -> None:
    story = Story()
    story.ok(story.ask("ben", Mark(GROUP, 9)), Marked(9))
    story.read[2] = 9
    assert broken(story.end()) == ["I13"]


def test_i14_an_edit_that_did_not_reach_a_screen() -> None:
    story = Story()
    said = story.send("ana", "hello")
    story.edit("ana", said, "hello!")
    story.devices["ben"].messages[said.seq] = Text("hello")
    assert broken(story.end()) == ["I14"]


def test_i14_a_deletion_that_left_the_words_in_the_log() -> None:
    story = Story()
    said = story.send("ana", "hello")
    story.delete("ana", said)
    story.log[said.seq - 1] = replace(said, text="hello")
    assert broken(story.end()) == ["I14"]


def test_i14_a_message_that_reads_otherwise_in_the_database_than_by_its_log() -> None:
    story = Story()
    said = story.send("ana", "hello")
    story.edit("ana", said, "hello!")
    records = story.end()
    final = next(one for one in records if isinstance(one, history.Final) and one.source == history.DATABASE)
    assert final.messages is not None
    final.messages[said.seq] = Text("hello")
    assert broken(records) == ["I14"]


def test_i14_deleted_words_that_are_read_afterwards() -> None:
    story = Story()
    said = story.send("ana", "hello")
    story.delete("ana", said)
    op = story.ask("ben", history.Read(GROUP, 2))
    story.ok(op, history.Page([said, replace(story.log[-1])], head_seq=4))
    assert broken(story.end()) == ["I14"]


def test_i14_whoever_is_away_or_gone_may_show_the_old_words() -> None:
    story = Story("ana", "ben", "cho")
    said = story.send("ana", "hello")
    story.go("ben")
    story.remove("ana", 3)
    story.edit("ana", said, "hello!")
    story.add("ana", 3)
    joined = len(story.log)
    story.note(history.Opened("cho", GROUP, joined))
    assert story.devices["cho"].messages[said.seq] == Text("hello")
    assert broken(story.end()) == []


def test_i15_a_connection_that_is_never_closed() -> None:
    story = Story()
    story.send("ana", "hello")
    story.note(Resources("base", "w1", connections=0, tasks=20, rooms=0, descriptors=30))
    records = story.end()
    story.note(Resources("end", "w1", connections=1, tasks=20, rooms=0, descriptors=31))
    assert broken(records) == ["I15"]


def test_i15_a_pool_may_have_grown() -> None:
    story = Story()
    story.send("ana", "hello")
    story.note(Resources("base", "w1", connections=0, tasks=20, rooms=0, descriptors=30))
    records = story.end()
    story.note(Resources("end", "w1", connections=0, tasks=21, rooms=0, descriptors=33))
    assert broken(records) == []


def test_a_run_in_which_little_came_through_proves_nothing() -> None:
    story = Story()
    story.send("ana", "hello")
    for number in range(2):
        story.silence(story.ask("ana", Send(GROUP, f"ana-100{number}", "hello?")))
        story.ok(story.ask("ana", history.Connect()), history.Connected())
    verdict = check(story.end())
    assert verdict.invalid == ["Only 1 of 3 operations were answered."]
    assert not verdict.violations
    assert not verdict.clean


def test_knocking_at_closed_doors_is_no_load() -> None:
    story = Story()
    story.send("ana", "hello")
    for _ in range(9):
        story.silence(story.ask("ben", history.Connect(resume=True)))
    assert broken(story.end()) == []


def test_a_message_is_one_however_often_it_is_sent() -> None:
    story = Story()
    for _ in range(5):
        story.refuse(story.ask("ana", Send(GROUP, "ana-9001", "hello")), "unavailable", retryable=True)
    story.send("ana", "hello", client_id="ana-9001")
    assert broken(story.end()) == []


def test_a_run_whose_fault_did_not_happen_proves_nothing() -> None:
    for fired in (True, False):
        story = Story(nemeses=("redis killed",))
        story.note(history.Fault("redis killed", "begin"))
        story.send("ana", "hello")
        story.note(history.Fault("redis killed", "end", fired=fired))
        story.heal()
        verdict = check(story.end())
        assert verdict.clean is fired
        assert verdict.invalid == ([] if fired else ["The nemesis redis killed did not fire."])


def test_what_a_fault_was_to_leave_alone_is_judged_too() -> None:
    story = Story(nemeses=("slow_reader",))
    story.note(history.Fault("slow_reader", "begin"))
    story.send("ana", "hello")
    story.note(history.Fault("slow_reader", "end", True, "", ["others waited for 3 s"]))
    story.heal()
    assert broken(story.end()) == ["meanwhile"]


def test_what_is_stored_has_to_fit_together() -> None:
    for wrong in ([], ["Message 3 of conversation 1 is not what its log says."]):
        story = Story()
        story.send("ana", "hello")
        story.end()
        story.note(history.Checked(120, wrong))
        assert broken(story.records) == (["stored"] if wrong else [])


def test_a_run_of_which_nothing_was_read_back_proves_nothing() -> None:
    story = Story()
    story.send("ana", "hello")
    assert check(story.records).invalid == ["Conversations [1] were not read back."]


def test_all_fifteen_are_there() -> None:
    assert list(INVARIANTS) == [f"I{number}" for number in range(1, 16)]
