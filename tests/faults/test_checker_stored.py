"""I1 to I4 and I6, each broken by hand, beside the nearest history that is right."""

from __future__ import annotations

from msgspec.structs import replace

from server.chaos import history
from server.chaos.history import Send, Sent
from tests.faults.story import GROUP, Story, broken


def test_a_day_on_which_all_goes_well() -> None:
    story = Story("ana", "ben", "cho")
    first = story.send("ana", "hello")
    story.edit("ana", first, "hello!")
    second = story.send("ben", "good morning")
    story.remove("ana", 3)
    story.delete("ben", second)
    story.add("ben", 3)
    story.mark("cho", 5)
    story.fetch("cho", 0)
    assert broken(story.end()) == []


def test_i1_an_answered_message_that_is_not_in_the_log() -> None:
    story = Story()
    op = story.ask("ana", Send(GROUP, "ana-0001", "hello"))
    story.ok(op, Sent(seq=3, sent_at=3))
    assert broken(story.end()) == ["I1"]


def test_i1_an_unanswered_message_may_be_in_the_log_or_not() -> None:
    story = Story()
    story.silence(story.ask("ana", Send(GROUP, "ana-0001", "lost on the way there")))
    op = story.ask("ana", Send(GROUP, "ana-0002", "lost on the way back"))
    story.tell(story.store_message("ana", "lost on the way back", "ana-0002"))
    story.silence(op)
    story.ask("ana", Send(GROUP, "ana-0003", "no answer when the run ended"))
    op = story.ask("ana", Send(GROUP, "ana-0004", "unavailable, and stored"))
    story.tell(story.store_message("ana", "unavailable, and stored", "ana-0004"))
    story.refuse(op, "unavailable", retryable=True)
    # The run counts when half of the operations were answered.
    for _ in range(4):
        story.fetch("ben", 0)
    assert broken(story.end()) == []


def test_i1_an_answered_deletion_that_is_not_in_the_log() -> None:
    story = Story()
    said = story.send("ana", "hello")
    op = story.ask("ana", history.Delete(GROUP, said.seq))
    story.ok(op, history.Appended(said.seq + 1))
    assert broken(story.end()) == ["I1"]


def test_i1_a_change_that_changed_nothing_is_answered_with_the_earlier_entry() -> None:
    story = Story()
    said = story.send("ana", "hello")
    op = story.ask("ana", history.Edit(GROUP, said.seq, "hello"))
    story.ok(op, history.Appended(said.seq))
    edited = story.edit("ana", said, "hello!")
    op = story.ask("ana", history.Edit(GROUP, said.seq, "hello!"))
    story.ok(op, history.Appended(edited.seq))
    assert broken(story.end()) == []


def test_i1_a_removal_that_was_answered_twice_and_written_once() -> None:
    story = Story("ana", "ben", "cho")
    story.remove("ana", 2)
    story.ok(story.ask("cho", history.Remove(GROUP, 2)), history.Done())
    assert broken(story.end()) == ["I1"]


def test_i2_a_message_that_is_stored_twice() -> None:
    story = Story()
    op = story.ask("ana", Send(GROUP, "ana-0001", "hello"))
    story.tell(story.store_message("ana", "hello", "ana-0001"))
    story.silence(op)
    op = story.ask("ana", Send(GROUP, "ana-0001", "hello"))
    again = story.store_message("ana", "hello", "ana-0001")
    story.ok(op, Sent(again.seq, again.seq))
    story.tell(again)
    assert broken(story.end()) == ["I2"]


def test_i2_a_repeat_that_is_answered_with_the_first_place() -> None:
    story = Story()
    op = story.ask("ana", Send(GROUP, "ana-0001", "hello"))
    said = story.tell(story.store_message("ana", "hello", "ana-0001"))
    story.silence(op)
    for _ in range(3):
        story.ok(story.ask("ana", Send(GROUP, "ana-0001", "hello")), Sent(said.seq, said.seq, duplicate=True))
    assert broken(story.end()) == []


def test_i2_two_people_may_use_the_same_label() -> None:
    story = Story()
    story.send("ana", "hello", client_id="label-01")
    story.send("ben", "hello", client_id="label-01")
    assert broken(story.end()) == []


def test_i3_an_entry_that_nobody_asked_for() -> None:
    story = Story()
    story.send("ana", "hello")
    story.tell(story.store_message("ben", "who said that?", "ben-0001"))
    assert broken(story.end()) == ["I3"]


def test_i3_a_text_that_changed_on_the_way_to_a_client() -> None:
    story = Story()
    op = story.ask("ana", Send(GROUP, "ana-0001", "hello"))
    said = story.store_message("ana", "hello", "ana-0001")
    story.ok(op, Sent(said.seq, said.seq))
    story.hear("ana", said)
    story.note(history.Event("ben", replace(said, text="hell")))
    story.show("ben", said)
    assert broken(story.end()) == ["I3"]


def test_i3_a_text_that_is_another_one_in_the_log() -> None:
    story = Story()
    op = story.ask("ana", Send(GROUP, "ana-0001", "hello"))
    said = story.store_message("ana", "hullo", "ana-0001")
    story.ok(op, Sent(said.seq, said.seq))
    story.tell(said)
    assert broken(story.end()) == ["I3"]


def test_i3_deleted_words_are_missing_from_what_is_read_afterwards() -> None:
    story = Story()
    said = story.send("ana", "hello")
    edited = story.edit("ana", said, "hello!")
    story.go("ben")
    story.delete("ana", said)
    story.come("ben")
    assert [entry.text for entry in story.log[2:4]] == ["", ""]
    story.fetch("ben", 0)
    story.show("ben", story.log[4], "fetch")
    assert edited.text == "hello!"
    assert broken(story.end()) == []


def test_i3_words_are_missing_before_anybody_asked_for_the_deletion() -> None:
    story = Story()
    op = story.ask("ana", Send(GROUP, "ana-0001", "hello"))
    said = story.store_message("ana", "hello", "ana-0001")
    story.ok(op, Sent(said.seq, said.seq))
    story.hear("ana", said)
    story.note(history.Event("ben", replace(said, text="")))
    story.show("ben", said)
    story.delete("ana", said)
    assert broken(story.end()) == ["I3"]


def test_i4_a_refused_message_that_is_in_the_log() -> None:
    story = Story()
    story.send("ben", "hello")
    op = story.ask("ana", Send(GROUP, "ana-0001", "hello"))
    said = story.store_message("ana", "hello", "ana-0001")
    story.refuse(op, "forbidden")
    story.tell(said)
    assert broken(story.end()) == ["I4"]


def test_i4_a_refused_edit_that_is_in_the_log() -> None:
    story = Story()
    said = story.send("ana", "hello")
    op = story.ask("ana", history.Edit(GROUP, said.seq, "hello!"))
    entry = story.store("message_edited", 1, target_seq=said.seq, text="hello!")
    story.refuse(op, "forbidden")
    story.tell(entry)
    assert broken(story.end()) == ["I4"]


def test_i4_a_refusal_of_other_words_under_a_label_that_is_taken() -> None:
    story = Story()
    story.send("ana", "hello", client_id="ana-0001")
    story.refuse(story.ask("ana", Send(GROUP, "ana-0001", "goodbye")), "client_id_conflict")
    assert broken(story.end()) == []


def test_i4_the_first_try_was_stored_and_the_second_is_refused() -> None:
    story = Story("ana", "ben", "cho")
    op = story.ask("ana", Send(GROUP, "ana-0001", "hello"))
    story.silence(op)
    story.refuse(story.ask("ana", Send(GROUP, "ana-0001", "hello")), "not_found")
    # The first try was on its way all the time.
    story.tell(story.store_message("ana", "hello", "ana-0001"))
    for _ in range(2):
        story.fetch("ben", 0)
    assert broken(story.end()) == []


def test_i6_two_answers_for_one_message() -> None:
    story = Story()
    said = story.send("ana", "hello", client_id="ana-0001")
    story.send("ben", "hello")
    story.ok(story.ask("ana", Send(GROUP, "ana-0001", "hello")), Sent(said.seq + 1, said.seq, duplicate=True))
    assert broken(story.end()) == ["I6"]


def test_i6_an_answer_that_names_another_place_than_the_log() -> None:
    story = Story()
    story.send("ben", "hello")
    op = story.ask("ana", Send(GROUP, "ana-0001", "hello"))
    said = story.store_message("ana", "hello", "ana-0001")
    story.ok(op, Sent(said.seq - 1, said.seq))
    story.tell(said)
    assert broken(story.end()) == ["I6"]


def test_i6_a_repeat_that_is_answered_as_if_for_the_first_time() -> None:
    story = Story()
    said = story.send("ana", "hello", client_id="ana-0001")
    story.ok(story.ask("ana", Send(GROUP, "ana-0001", "hello")), Sent(said.seq, said.seq))
    assert broken(story.end()) == ["I6"]
