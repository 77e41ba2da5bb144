"""I10 on the wire: each connection is given the log without a gap, even where a client mends one by itself."""

from __future__ import annotations

from server.chaos import history
from tests.faults.story import GROUP, Story, broken


def come(story: Story, name: str, head: int | None = None, *, recovered: bool = False) -> None:
    """Somebody is back, and was told how far the group has come."""
    story.devices[name].online = True
    told = len(story.log) if head is None else head
    story.note(history.Online(name, "w1", recovered=recovered, heads={GROUP: told}))


def test_i10_an_entry_that_came_by_fetching_alone() -> None:
    story = Story()
    story.go("ben")
    come(story, "ben")
    story.devices["ben"].online = False  # his connection stands, and brings nothing
    missed = story.send("ana", "one")
    story.devices["ben"].online = True
    story.show("ben", missed, "fetch")
    story.send("ana", "two")
    assert broken(story.end()) == ["I10"]


def test_i10_what_was_told_with_ready_need_not_come() -> None:
    story = Story()
    story.go("ben")
    first = story.send("ana", "one")
    come(story, "ben")
    story.show("ben", first, "fetch")
    story.send("ana", "two")
    assert broken(story.end()) == []


def test_i10_whoever_is_recovered_is_given_all_that_followed() -> None:
    for missing in (False, True):
        story = Story()
        story.send("ana", "heard")
        story.go("ben")
        first, second = story.send("ana", "one"), story.send("ana", "two")
        if missing:
            story.show("ben", first, "fetch")
        else:
            story.hear("ben", first, live=False)
        story.hear("ben", second, live=False)
        come(story, "ben", recovered=True)
        assert broken(story.end()) == (["I10"] if missing else [])


def test_i10_what_never_comes_over_a_connection_that_stands() -> None:
    for seconds, expected in ((1.0, []), (20.0, ["I10"])):
        story = Story()
        story.go("ben")
        come(story, "ben")
        story.devices["ben"].online = False
        missed = story.send("ana", "the last word")
        story.devices["ben"].online = True
        story.show("ben", missed, "fetch")
        story.t += seconds
        story.mark("ana", missed.seq)
        assert broken(story.end()) == expected


def test_i10_nothing_is_missing_from_between_two_memberships() -> None:
    story = Story("ana", "ben", "cho")
    story.remove("ana", 3)
    story.send("ana", "between us")
    story.add("ana", 3)
    story.send("ana", "welcome back")
    assert broken(story.end()) == []
