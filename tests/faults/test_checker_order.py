"""I5 and I7 to I9, each broken by hand, beside the nearest history that is right."""

from __future__ import annotations

from msgspec.structs import replace

from server.chaos import history
from server.chaos.history import Entry, Page, Read, Send, Sent
from tests.faults.story import GROUP, Story, broken


def test_i5_a_log_with_a_gap() -> None:
    story = Story()
    story.silence(story.ask("ana", Send(GROUP, "ana-0001", "hello")))
    story.log.append(Entry(GROUP, 4, "message_created", 1, client_id="ana-0001", text="hello", sent_at=4))
    story.tell(story.log[-1])
    story.fetch("ben", 0)
    assert broken(story.end()) == ["I5"]


def test_i5_a_worker_that_reads_less_than_the_database_holds() -> None:
    story = Story()
    story.send("ana", "hello")
    assert broken(story.end(w1=story.log[:-1])) == ["I5"]


def test_i5_a_client_that_hears_what_is_not_in_the_log() -> None:
    story = Story()
    story.silence(story.ask("ana", Send(GROUP, "ana-0001", "told before the commit that failed")))
    phantom = Entry(GROUP, 3, "message_created", 1, client_id="ana-0001", text="told before the commit that failed")
    story.note(history.Event("ben", phantom))
    story.fetch("ben", 0)
    assert broken(story.end()) == ["I5"]


def test_i5_two_workers_that_give_one_place_to_two_messages() -> None:
    story = Story()
    said = story.send("ana", "hello")
    story.silence(story.ask("ben", Send(GROUP, "ben-0001", "me too")))
    story.note(history.Event("ana", Entry(GROUP, said.seq, "message_created", 2, client_id="ben-0001", text="me too")))
    story.fetch("ben", 0)
    assert broken(story.end()) == ["I5"]


def test_i5_the_same_entry_may_come_twice_over_the_wire() -> None:
    story = Story()
    said = story.send("ana", "hello")
    story.note(history.Event("ben", said, live=False))
    assert broken(story.end()) == []


def test_i7_what_was_asked_for_later_stands_before() -> None:
    story = Story()
    first = story.ask("ana", Send(GROUP, "ana-0001", "first"))
    story.ok(first, Sent(4, 4))
    second = story.ask("ben", Send(GROUP, "ben-0001", "second"))
    story.tell(story.store_message("ben", "second", "ben-0001"))
    story.ok(second, Sent(3, 3))
    story.tell(story.store_message("ana", "first", "ana-0001"))
    assert broken(story.end()) == ["I7"]


def test_i7_a_message_and_a_later_edit() -> None:
    story = Story()
    said = story.send("ana", "hello")
    sent = story.ask("ben", Send(GROUP, "ben-0001", "first"))
    story.ok(sent, Sent(5, 5))
    edit = story.ask("ana", history.Edit(GROUP, said.seq, "hello!"))
    story.tell(story.store("message_edited", 1, target_seq=said.seq, text="hello!"))
    story.ok(edit, history.Appended(4))
    story.tell(story.store_message("ben", "first", "ben-0001"))
    assert broken(story.end()) == ["I7"]


def test_i7_what_stands_between_does_not_hide_it() -> None:
    story = Story("ana", "ben", "cho")
    story.silence(story.ask("ben", Send(GROUP, "ben-0001", "between")))
    late = story.ask("cho", Send(GROUP, "cho-0001", "answered first"))
    story.ok(late, Sent(6, 6))
    early = story.ask("ana", Send(GROUP, "ana-0001", "asked for afterwards"))
    story.tell(story.store_message("ana", "asked for afterwards", "ana-0001"))
    story.tell(story.store_message("ben", "between", "ben-0001"))
    story.ok(early, Sent(4, 4))
    story.tell(story.store_message("cho", "answered first", "cho-0001"))
    assert broken(story.end()) == ["I7"]


def test_i7_a_try_that_was_refused_wrote_nothing() -> None:
    story = Story()
    story.refuse(story.ask("ana", Send(GROUP, "ana-0001", "first")), "forbidden")
    second = story.ask("ben", Send(GROUP, "ben-0001", "second"))
    story.ok(second, Sent(4, 4))
    story.silence(story.ask("ana", Send(GROUP, "ana-0001", "first")))
    story.tell(story.store_message("ana", "first", "ana-0001"))
    story.tell(story.store_message("ben", "second", "ben-0001"))
    story.fetch("ana", 0)
    assert broken(story.end()) == ["I7"]


def test_i7_what_was_under_way_at_the_same_time_may_stand_either_way() -> None:
    story = Story()
    first = story.ask("ana", Send(GROUP, "ana-0001", "first"))
    second = story.ask("ben", Send(GROUP, "ben-0001", "second"))
    story.tell(story.store_message("ben", "second", "ben-0001"))
    story.ok(second, Sent(3, 3))
    story.tell(story.store_message("ana", "first", "ana-0001"))
    story.ok(first, Sent(4, 4))
    assert broken(story.end()) == []


def test_i7_an_unanswered_try_may_have_been_stored_long_before_its_repeat_is_answered() -> None:
    story = Story()
    op = story.ask("ana", Send(GROUP, "ana-0001", "first"))
    story.tell(story.store_message("ana", "first", "ana-0001"))
    story.silence(op)
    story.send("ben", "second")
    story.ok(story.ask("ana", Send(GROUP, "ana-0001", "first")), Sent(3, 3, duplicate=True))
    assert broken(story.end()) == []


def test_i8_an_outbox_that_is_overtaken_by_itself() -> None:
    story = Story()
    first = story.ask("ana", Send(GROUP, "ana-0001", "first", "ana", 1))
    second = story.ask("ana", Send(GROUP, "ana-0002", "second", "ana", 2))
    story.tell(story.store_message("ana", "second", "ana-0002"))
    story.ok(second, Sent(3, 3))
    story.tell(story.store_message("ana", "first", "ana-0001"))
    story.ok(first, Sent(4, 4))
    assert broken(story.end()) == ["I8"]


def test_i8_a_message_that_was_refused_leaves_a_place_in_the_outbox() -> None:
    story = Story()
    story.send("ana", "first", number=1)
    story.refuse(story.ask("ana", Send(GROUP, "ana-0002", " ", "ana", 2)), "invalid")
    story.send("ana", "third", number=3)
    assert broken(story.end()) == []


def test_i8_what_stands_in_no_outbox_has_no_order() -> None:
    story = Story()
    first = story.ask("ana", Send(GROUP, "ana-0001", "first"))
    second = story.ask("ana", Send(GROUP, "ana-0002", "second"))
    story.tell(story.store_message("ana", "second", "ana-0002"))
    story.ok(second, Sent(3, 3))
    story.tell(story.store_message("ana", "first", "ana-0001"))
    story.ok(first, Sent(4, 4))
    assert broken(story.end()) == []


def test_i9_a_read_that_does_not_know_what_was_answered() -> None:
    story = Story()
    story.send("ana", "hello")
    op = story.ask("ben", Read(GROUP, 0), worker="w2")
    story.ok(op, Page([replace(entry) for entry in story.log[:2]], head_seq=2))
    assert broken(story.end()) == ["I9"]


def test_i9_a_page_that_knows_the_head_and_not_the_entry() -> None:
    story = Story()
    story.send("ana", "hello")
    op = story.ask("ben", Read(GROUP, 0), worker="w2")
    story.ok(op, Page([replace(entry) for entry in story.log[:2]], head_seq=3))
    assert broken(story.end()) == ["I9"]


def test_i9_a_page_with_a_hole() -> None:
    story = Story()
    for number in range(3):
        op = story.ask("ana", Send(GROUP, f"ana-000{number}", "hello"))
        story.tell(story.store_message("ana", "hello", f"ana-000{number}"))
        story.silence(op)
    op = story.ask("ben", Read(GROUP, 0))
    story.ok(op, Page([replace(story.log[place]) for place in (0, 1, 2, 4)], head_seq=5))
    for _ in range(3):
        story.fetch("ben", 0)
    assert broken(story.end()) == ["I9"]


def test_i9_a_page_that_ends_early_says_so() -> None:
    story = Story()
    story.send("ana", "one")
    story.send("ana", "two")
    story.fetch("ben", 0, upto=3)
    story.fetch("ben", 3)
    story.fetch("ben", 4)
    assert broken(story.end()) == []


def test_i9_a_read_that_was_asked_for_before_the_answer_may_miss_it() -> None:
    story = Story()
    sending = story.ask("ana", Send(GROUP, "ana-0001", "hello"))
    reading = story.ask("ben", Read(GROUP, 0))
    seen = [replace(entry) for entry in story.log]
    said = story.store_message("ana", "hello", "ana-0001")
    story.ok(sending, Sent(said.seq, said.seq))
    story.ok(reading, Page(seen, head_seq=2))
    story.tell(said)
    assert broken(story.end()) == []


def test_i9_whoever_sees_the_past_from_joining_on_is_not_shown_more() -> None:
    story = Story("ana", "ben", "cho", rule="joined")
    story.remove("ana", 3)
    story.send("ana", "not for cho")
    joined = story.add("ana", 3)
    story.send("ana", "hello")
    op = story.ask("cho", Read(GROUP, 0))
    story.ok(op, Page([replace(entry) for entry in story.log[joined.seq - 1 :]], head_seq=len(story.log)))
    assert broken(story.end()) == []
