"""I10 to I12, each broken by hand, beside the nearest history that is right."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from server.chaos import history
from server.chaos.history import Page, Read, Send, Sent
from tests.faults.story import GROUP, Story, broken


def test_i10_an_entry_that_is_shown_twice() -> None:
    story = Story()
    said = story.send("ana", "hello")
    story.show("ben", said)
    assert broken(story.end()) == ["I10"]


def test_i10_entries_out_of_order() -> None:
    story = Story()
    story.go("ben")
    first, second = story.send("ana", "one"), story.send("ana", "two")
    story.come("ben")
    story.show("ben", second, "fetch")
    story.show("ben", first, "fetch")
    assert broken(story.end()) == ["I10"]


def test_i10_a_hole_in_the_middle() -> None:
    story = Story()
    story.go("ben")
    story.send("ana", "one")
    story.come("ben")
    story.send("ana", "two")
    assert broken(story.end()) == ["I10"]


def test_i10_a_hole_at_the_end() -> None:
    story = Story()
    story.go("ben")
    story.send("ana", "one")
    story.come("ben")
    assert broken(story.end()) == ["I10"]


def test_i10_whoever_was_away_fetches_what_is_missing() -> None:
    story = Story()
    story.go("ben")
    story.send("ana", "one")
    story.send("ana", "two")
    story.come("ben")
    for entry in story.fetch("ben", 2):
        story.show("ben", entry, "fetch")
    story.send("ana", "three")
    assert broken(story.end()) == []


def test_i10_whoever_is_away_at_the_end_may_miss_something() -> None:
    story = Story()
    story.go("ben")
    story.send("ana", "one")
    assert broken(story.end()) == []


def test_i10_a_conversation_that_was_never_opened_has_a_hole_too() -> None:
    story = Story("ana", "ben", "cho")
    story.note(history.Client("cho-2", 3))
    story.note(history.Online("cho-2", "w1"))
    story.send("ana", "hello")
    assert broken(story.end()) == ["I10"]


def test_i10_a_new_device_begins_where_it_opens() -> None:
    story = Story()
    story.send("ana", "before")
    story.device("ben-2", 2)
    story.send("ana", "after")
    assert broken(story.end()) == []


def test_i10_a_removal_that_is_not_shown_to_somebody_who_was_there() -> None:
    story = Story("ana", "ben", "cho")
    op = story.ask("ana", history.Remove(GROUP, 3))
    removed = story.store("member_removed", 1, account_id=3)
    story.ok(op, history.Done())
    story.tell(removed)
    story.send("ana", "cho is gone")
    assert broken(story.end()) == ["I10"]


def test_i10_whoever_was_away_when_removed_cannot_know_the_end() -> None:
    story = Story("ana", "ben", "cho")
    story.go("cho")
    story.send("ana", "not read by cho")
    story.remove("ana", 3)
    story.come("cho")
    story.send("ana", "cho is gone")
    assert broken(story.end()) == []


def removed_again(stays_s: float) -> list[str]:
    """What is broken when cho comes back, hears it behind a past that is still to be fetched, and is removed again."""
    story = Story("ana", "ben", "cho")
    story.remove("ana", 3)
    story.send("ana", "cho is gone")
    for kind, call in (("member_added", history.Add(GROUP, [3])), ("member_removed", history.Remove(GROUP, 3))):
        op = story.ask("ana", call)
        entry = story.store(kind, 1, account_id=3)
        story.ok(op, history.Done())
        story.hear("ana", entry)
        story.hear("ben", entry)
        story.note(history.Event("cho", entry))
        story.t += stays_s
    return broken(story.end())


def test_i10_whoever_is_removed_again_at_once_cannot_fetch_what_lies_before() -> None:
    assert removed_again(stays_s=0.5) == []


def test_i10_whoever_has_time_fetches_what_lies_before() -> None:
    assert removed_again(stays_s=11) == ["I10"]


def test_i10_whoever_comes_back_into_a_conversation_may_open_it_anew() -> None:
    story = Story("ana", "ben", "cho")
    story.remove("ana", 3)
    story.send("ana", "cho is gone")
    joined = story.add("ana", 3)
    story.note(history.Opened("cho", GROUP, joined.seq))
    story.send("ana", "cho is back")
    assert broken(story.end()) == []


def test_i10_whoever_was_away_when_they_came_back_in_opens_it_where_it_stands() -> None:
    story = Story("ana", "ben", "cho")
    story.remove("ana", 3)
    story.go("cho")
    story.add("ana", 3)
    story.send("ana", "cho is back")
    story.come("cho")
    story.note(history.Opened("cho", GROUP, len(story.log)))
    story.send("ana", "welcome")
    assert broken(story.end()) == []


def test_i10_nobody_may_skip_by_opening_anew() -> None:
    story = Story()
    story.go("ben")
    story.send("ana", "one")
    story.come("ben")
    story.note(history.Opened("ben", GROUP, len(story.log)))
    story.send("ana", "two")
    assert broken(story.end()) == ["I10"]


def test_i11_an_entry_that_comes_too_late_after_the_healing() -> None:
    story = Story()
    story.go("ben")
    said = story.send("ana", "hello")
    story.come("ben")
    story.heal()
    story.t += 10.5
    story.show("ben", said, "fetch")
    assert broken(story.end()) == ["I11"]


def test_i11_ten_seconds_are_enough() -> None:
    story = Story()
    story.go("ben")
    said = story.send("ana", "hello")
    story.come("ben")
    story.t += 60
    story.heal()
    story.t += 9.5
    story.show("ben", said, "fetch")
    assert broken(story.end()) == []


@pytest.mark.parametrize(("late_s", "expected"), [(45, []), (55, ["I11"])])
def test_i11_a_run_beside_other_work_may_take_five_times_as_long(late_s: float, expected: list[str]) -> None:
    story = Story(patience=5)
    story.go("ben")
    said = story.send("ana", "hello")
    story.come("ben")
    story.heal()
    story.t += late_s
    story.show("ben", said, "fetch")
    assert broken(story.end()) == expected


def test_i11_whoever_comes_back_later_has_ten_seconds_from_then_on() -> None:
    story = Story()
    story.go("ben")
    said = story.send("ana", "hello")
    story.heal()
    story.t += 60
    story.come("ben")
    story.t += 5
    story.show("ben", said, "fetch")
    assert broken(story.end()) == []


def test_i11_what_is_said_later_has_ten_seconds_from_then_on() -> None:
    story = Story()
    story.heal()
    story.t += 60
    op = story.ask("ana", Send(GROUP, "ana-0001", "hello"))
    said = story.store_message("ana", "hello", "ana-0001")
    story.ok(op, Sent(said.seq, said.seq))
    story.hear("ana", said)
    story.t += 9
    story.hear("ben", said)
    assert broken(story.end()) == []


def test_i12_somebody_hears_what_was_said_after_their_removal() -> None:
    story = Story("ana", "ben", "cho")
    story.remove("ana", 3)
    said = story.send("ana", "cho is gone")
    story.note(history.Event("cho", said))
    assert broken(story.end()) == ["I12"]


def test_i12_a_removal_travels_more_slowly_than_the_answer() -> None:
    story = Story("ana", "ben", "cho")
    op = story.ask("ana", history.Remove(GROUP, 3))
    said = story.ask("ben", Send(GROUP, "ben-0001", "hello"))
    hello = story.store_message("ben", "hello", "ben-0001")
    removed = story.store("member_removed", 1, account_id=3)
    story.ok(op, history.Done())
    story.ok(said, Sent(hello.seq, hello.seq))
    for entry in (hello, removed):
        story.tell(entry, 3)
    assert broken(story.end()) == []


def test_i12_a_message_of_somebody_who_was_removed() -> None:
    story = Story("ana", "ben", "cho")
    op = story.ask("cho", Send(GROUP, "cho-0001", "I am still here"))
    story.remove("ana", 3)
    said = story.store_message("cho", "I am still here", "cho-0001")
    story.ok(op, Sent(said.seq, said.seq))
    story.tell(said)
    assert broken(story.end()) == ["I12"]


def test_i12_a_message_that_was_under_way_when_its_sender_was_removed() -> None:
    story = Story("ana", "ben", "cho")
    op = story.ask("cho", Send(GROUP, "cho-0001", "goodbye"))
    said = story.tell(story.store_message("cho", "goodbye", "cho-0001"))
    story.silence(op)
    story.remove("ana", 3)
    # A repeat finds the first place, whatever has happened to its sender since.
    story.ok(story.ask("cho", Send(GROUP, "cho-0001", "goodbye")), Sent(said.seq, said.seq, duplicate=True))
    story.refuse(story.ask("cho", Send(GROUP, "cho-0002", "hello?")), "not_found")
    assert broken(story.end()) == []


def test_i12_a_page_for_somebody_who_was_removed() -> None:
    story = Story("ana", "ben", "cho")
    story.remove("ana", 3)
    op = story.ask("cho", Read(GROUP, 0))
    story.ok(op, Page([replace(entry) for entry in story.log], head_seq=len(story.log)))
    assert broken(story.end()) == ["I12"]


def test_i12_a_page_that_was_asked_for_before_the_removal() -> None:
    story = Story("ana", "ben", "cho")
    op = story.ask("cho", Read(GROUP, 0))
    seen = [replace(entry) for entry in story.log]
    story.remove("ana", 3)
    story.ok(op, Page(seen, head_seq=len(seen)))
    assert broken(story.end()) == []


def test_i12_the_past_is_not_for_those_who_see_it_from_joining_on() -> None:
    for rule, wrong in (("joined", ["I12"]), ("all", [])):
        story = Story("ana", "ben", "cho", rule=rule)
        story.remove("ana", 3)
        story.send("ana", "cho is gone")
        story.add("ana", 3)
        op = story.ask("cho", Read(GROUP, 0))
        story.ok(op, Page([replace(entry) for entry in story.log], head_seq=len(story.log)))
        assert broken(story.end()) == wrong, rule


def test_i12_the_past_is_not_for_those_who_are_added_tomorrow() -> None:
    story = Story("ana", "ben", "cho")
    story.remove("ana", 3)
    said = story.send("ana", "cho is gone")
    story.note(history.Event("cho", said))
    story.add("ana", 3)
    assert broken(story.end()) == ["I12"]


def test_i12_what_stands_before_the_adding_dates_it() -> None:
    """The adding was asked for, but it stands behind a message that nobody had thought of yet."""
    story = Story("ana", "ben", "cho")
    story.remove("ana", 3)
    said = story.send("ana", "cho is gone")
    adding = story.ask("ana", history.Add(GROUP, [3]))
    story.note(history.Event("cho", said))
    story.send("ben", "let her in")
    story.tell(story.store("member_added", 1, account_id=3))
    story.ok(adding, history.Done())
    assert broken(story.end()) == ["I12"]


def test_i12_a_removal_that_was_not_answered_is_dated_by_what_came_behind_it() -> None:
    story = Story("ana", "ben", "cho")
    op = story.ask("ana", history.Remove(GROUP, 3))
    story.tell(story.store("member_removed", 1, account_id=3), 3)
    story.silence(op)
    story.send("ana", "is she gone?")
    op = story.ask("cho", Read(GROUP, 0))
    story.ok(op, Page([replace(entry) for entry in story.log[:4]], head_seq=5, more=True))
    assert broken(story.end()) == ["I12"]


def test_i12_a_mark_tells_that_there_is_something() -> None:
    story = Story("ana", "ben", "cho")
    story.remove("ana", 3)
    said = story.send("ana", "cho is gone")
    story.note(history.Receipt("cho", GROUP, 1, said.seq))
    assert broken(story.end()) == ["I12"]


def test_i12_a_message_from_behind_a_block() -> None:
    story = Story(direct=True)
    story.send("ben", "before")
    story.ok(story.ask("ana", history.Block(2)), history.Done())
    said = story.send("ben", "after")
    assert said.seq == 2
    assert broken(story.end()) == ["I12"]


def test_i12_a_block_that_was_taken_back() -> None:
    story = Story(direct=True)
    story.ok(story.ask("ana", history.Block(2)), history.Done())
    story.ok(story.ask("ana", history.Block(2, active=False)), history.Done())
    story.send("ben", "hello again")
    assert broken(story.end()) == []


def test_i12_a_block_that_was_not_answered_yet() -> None:
    story = Story(direct=True)
    block = story.ask("ana", history.Block(2))
    story.send("ben", "hello")
    story.ok(block, history.Done())
    assert broken(story.end()) == []


def test_i12_a_block_that_was_taken_back_while_a_message_was_under_way() -> None:
    story = Story(direct=True)
    story.ok(story.ask("ana", history.Block(2)), history.Done())
    op = story.ask("ben", Send(GROUP, "ben-0001", "hello"))
    story.ok(story.ask("ana", history.Block(2, active=False)), history.Done())
    said = story.tell(story.store_message("ben", "hello", "ben-0001"))
    story.ok(op, Sent(said.seq, said.seq))
    assert broken(story.end()) == []
