"""Who is told of what: mentions, replies, direct messages, invitations; and when words change or go."""

import pytest

from server.protocol.notifications import MarkSeen
from tests.followers.yard import Yard


async def garden(yard: Yard) -> tuple[int, int, int, int]:
    """Ana, Ben and Cleo, and their group; their inboxes are empty."""
    ana, ben, cleo = [await yard.person(name) for name in ("Ana", "Ben", "Cleo")]
    group = await yard.group("Garden", ana, ben, cleo)
    await yard.clear(ana, ben, cleo)
    return ana, ben, cleo, group


async def test_a_mention_tells_the_person_and_nobody_else(yard: Yard) -> None:
    ana, ben, cleo, group = await garden(yard)
    seq = await yard.say(ana, group, "@ben the roses are out")
    await yard.notify()
    row = await yard.row(ben)
    assert (row.type, row.group, row.count) == ("mention", f"conversation:{group}", 1)
    assert (row.title, row.body) == ("Ana mentioned you in Garden", "@ben the roses are out")
    assert (row.url, row.actor_id, row.conversation_id, row.message_seq) == (f"/c/{group}/m/{seq}", ana, group, seq)
    assert row.data == {
        "actor_name": "Ana",
        "conversation_title": "Garden",
        "conversation_kind": "group",
        "actor_ids": [ana],
        "actor_count": 1,
        "first_seq": seq,
        "created_seq": row.seq,
    }
    assert await yard.rows(ana) == await yard.rows(cleo) == []


async def test_at_all_calls_everybody_but_the_sender(yard: Yard) -> None:
    ana, ben, cleo, group = await garden(yard)
    await yard.say(ana, group, "@all dinner")
    await yard.notify()
    assert [await yard.kinds(person) for person in (ana, ben, cleo)] == [[], ["mention"], ["mention"]]


async def test_nobody_is_told_of_calling_or_answering_oneself(yard: Yard) -> None:
    ana, _, _, group = await garden(yard)
    seq = await yard.say(ana, group, "@ana remember the water")
    await yard.say(ana, group, "done", reply_to=seq)
    await yard.notify()
    assert await yard.rows(ana) == []


async def test_a_reply_tells_the_author_unless_a_mention_does(yard: Yard) -> None:
    ana, ben, _, group = await garden(yard)
    seq = await yard.say(ben, group, "who has the key?")
    await yard.say(ana, group, "me", reply_to=seq)
    await yard.notify()
    row = await yard.row(ben)
    assert (row.type, row.title, row.body) == ("reply", "Ana replied to you in Garden", "me")
    await yard.say(ana, group, "@ben me", reply_to=seq)
    await yard.notify()
    assert sorted(await yard.kinds(ben)) == ["mention", "reply"]
    assert [row.count for row in await yard.rows(ben)] == [1, 1]


async def test_a_direct_message_tells_the_other_person(yard: Yard) -> None:
    ana, ben, _, _ = await garden(yard)
    direct = await yard.direct(ana, ben)
    await yard.say(ana, direct, "hello")
    await yard.notify()
    row = await yard.row(ben)
    assert (row.type, row.title, row.body, row.data["conversation_kind"]) == ("message", "Ana", "hello", "direct")
    assert await yard.rows(ana) == []


async def test_a_mention_between_two_is_not_told_twice(yard: Yard) -> None:
    ana, ben, _, _ = await garden(yard)
    direct = await yard.direct(ana, ben)
    await yard.say(ana, direct, "@ben hello")
    await yard.notify()
    row = await yard.row(ben)
    assert (row.type, row.title) == ("mention", "Ana mentioned you")


async def test_talk_in_a_group_that_calls_nobody_tells_nobody(yard: Yard) -> None:
    ana, ben, cleo, group = await garden(yard)
    await yard.say(ana, group, "the roses are out")
    await yard.notify()
    assert await yard.rows(ben) == await yard.rows(cleo) == []


async def test_being_added_to_a_group_is_an_invitation(yard: Yard) -> None:
    ana, ben = await yard.person("Ana"), await yard.person("Ben")
    group = await yard.group("Garden", ana, ben)
    await yard.direct(ana, ben)
    await yard.notify()
    row = await yard.row(ben)
    assert (row.type, row.title, row.body, row.actor_id) == ("invitation", "Ana added you to Garden", "", ana)
    assert (row.conversation_id, row.url) == (group, f"/c/{group}")
    assert await yard.rows(ana) == []
    await yard.say(ana, group, "welcome")
    await yard.read(ben, group, 3)
    assert (await yard.row(ben)).read_at == yard.now()


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        ({"notify": "all"}, ["reply", "mention", "message"]),
        ({"notify": "mentions"}, ["reply", "mention"]),
        ({"notify": "nothing"}, []),
    ],
)
async def test_what_somebody_hears_of_is_their_choice(yard: Yard, choices: dict[str, str], told: list[str]) -> None:
    ana, ben, _, _ = await garden(yard)
    direct = await yard.direct(ana, ben)
    await yard.prefer(ben, direct, **choices)
    own = await yard.say(ben, direct, "hello?")
    await yard.say(ana, direct, "hello")
    yard.now.step(1)
    await yard.say(ana, direct, "@ben are you there?")
    yard.now.step(1)
    await yard.say(ana, direct, "it is me", reply_to=own)
    await yard.notify()
    assert await yard.kinds(ben) == told


async def test_a_mute_silences_everything_until_it_ends(yard: Yard) -> None:
    ana, ben, _, group = await garden(yard)
    await yard.prefer(ben, group, muted_until=yard.now() + 60_000)
    await yard.say(ana, group, "@ben hello")
    await yard.notify()
    assert await yard.rows(ben) == []
    yard.now.step(60_000)
    await yard.say(ana, group, "@ben good morning")
    await yard.notify()
    assert (await yard.row(ben)).body == "@ben good morning"


async def test_what_has_been_read_already_is_not_told(yard: Yard) -> None:
    ana, ben, _, group = await garden(yard)
    seq = await yard.say(ana, group, "@ben look")
    await yard.read(ben, group, seq)
    await yard.notify()
    assert await yard.rows(ben) == []


async def test_who_has_left_is_not_told_and_keeps_nothing_unread(yard: Yard) -> None:
    ana, ben, _, group = await garden(yard)
    await yard.say(ana, group, "@ben look")
    await yard.notify()
    await yard.say(ana, group, "@ben look again")
    await yard.remove(group, ana, ben)
    await yard.notify()
    row = await yard.row(ben)
    assert (row.body, row.count) == ("@ben look", 1)
    assert row.read_at is not None


async def test_writing_reads_what_is_above(yard: Yard) -> None:
    ana, ben, _, group = await garden(yard)
    await yard.say(ana, group, "@ben look")
    await yard.notify()
    await yard.say(ben, group, "I am looking")
    await yard.notify()
    assert (await yard.counts(ben)).unread == 0


async def test_unread_calls_of_a_source_fold_into_one_row(yard: Yard) -> None:
    ana, ben, cleo, group = await garden(yard)
    await yard.say(ana, group, "@ben one")
    await yard.say(cleo, group, "@ben two")
    yard.now.step(5000)
    last = await yard.say(cleo, group, "@ben three")
    await yard.notify()
    row = await yard.row(ben)
    assert (row.count, row.body, row.message_seq, row.created_at) == (3, "@ben three", last, yard.now())
    assert (row.title, row.actor_id) == ("Cleo mentioned you in Garden", cleo)
    assert (row.data["actor_ids"], row.data["actor_count"]) == ([cleo, ana], 2)
    assert (await yard.counts(ben)).unread == 1


async def test_a_row_that_was_read_does_not_fold(yard: Yard) -> None:
    ana, ben, _, group = await garden(yard)
    first = await yard.say(ana, group, "@ben one")
    await yard.notify()
    await yard.read(ben, group, first)
    await yard.say(ana, group, "@ben two")
    await yard.notify()
    assert [(row.body, row.count) for row in await yard.rows(ben)] == [("@ben two", 1), ("@ben one", 1)]


async def test_a_folded_row_is_news_again_for_the_bell(yard: Yard) -> None:
    ana, ben, _, group = await garden(yard)
    await yard.say(ana, group, "@ben one")
    await yard.notify()
    await yard.inbox.mark_seen(ben, MarkSeen(up_to_seq=(await yard.counts(ben)).head_seq))
    assert (await yard.counts(ben)).unseen == 0
    await yard.say(ana, group, "@ben two")
    await yard.notify()
    counts = await yard.counts(ben)
    assert (counts.unseen, counts.unread) == (1, 1)


async def test_a_deleted_message_is_gone_in_notifications_too(yard: Yard) -> None:
    ana, ben, _, group = await garden(yard)
    seq = await yard.say(ana, group, "@ben the code is 4711")
    await yard.notify()
    await yard.delete(ana, group, seq)
    await yard.notify()
    row = await yard.row(ben)
    assert (row.body, row.data["deleted"]) == ("", True)
    assert row.read_at is not None, "nothing is left to read"


async def test_a_deletion_under_a_folded_row_leaves_the_others_unread(yard: Yard) -> None:
    ana, ben, _, group = await garden(yard)
    await yard.say(ana, group, "@ben one")
    seq = await yard.say(ana, group, "@ben two")
    await yard.notify()
    await yard.delete(ana, group, seq)
    await yard.notify()
    row = await yard.row(ben)
    assert (row.body, row.count, row.read_at) == ("", 2, None)


async def test_a_message_deleted_before_it_was_told_of_is_not_told(yard: Yard) -> None:
    ana, ben, _, group = await garden(yard)
    direct = await yard.direct(ana, ben)
    for place in (group, direct):
        seq = await yard.say(ana, place, "@ben a slip")
        await yard.delete(ana, place, seq)
    await yard.notify()
    assert await yard.rows(ben) == []


async def test_an_edited_message_shows_its_new_words(yard: Yard) -> None:
    ana, ben, _, group = await garden(yard)
    seq = await yard.say(ana, group, "@ben at seven")
    await yard.notify()
    await yard.edit(ana, group, seq, "@ben at eight")
    await yard.notify()
    row = await yard.row(ben)
    assert (row.body, row.read_at) == ("@ben at eight", None)


async def test_words_that_change_before_anybody_was_told_show_changed(yard: Yard) -> None:
    ana, ben, _, group = await garden(yard)
    seq = await yard.say(ana, group, "@ben at seven")
    await yard.edit(ana, group, seq, "@ben at eight")
    await yard.notify()
    assert [(row.body, row.count) for row in await yard.rows(ben)] == [("@ben at eight", 1)]


async def test_new_words_do_not_reach_who_has_left(yard: Yard) -> None:
    ana, ben, _, group = await garden(yard)
    seq = await yard.say(ana, group, "@ben at seven")
    await yard.notify()
    await yard.remove(group, ana, ben)
    await yard.edit(ana, group, seq, "@ben the new place is secret")
    await yard.notify()
    assert (await yard.row(ben)).body == "@ben at seven"


async def test_a_long_text_is_cut(yard: Yard) -> None:
    ana, ben, _, _ = await garden(yard)
    direct = await yard.direct(ana, ben)
    await yard.say(ana, direct, "마" * 300)
    await yard.notify()
    assert (await yard.row(ben)).body == "마" * 200


async def test_a_call_answered_at_once_leaves_only_the_later_one(yard: Yard) -> None:
    ana, ben, cleo, group = await garden(yard)
    await yard.say(ana, group, "@ben one @cleo")
    await yard.notify()
    await yard.say(ana, group, "@ben two")
    await yard.say(ben, group, "here I am")
    await yard.say(ana, group, "@ben three")
    await yard.notify()
    assert [(row.body, row.count, row.read_at is None) for row in await yard.rows(ben)] == [
        ("@ben three", 1, True),
        ("@ben one @cleo", 1, False),
    ]
    assert (await yard.counts(cleo)).unread == 1


async def test_a_reaction_tells_the_author_and_folds(yard: Yard) -> None:
    ana, ben, cleo, group = await garden(yard)
    first = await yard.say(ben, group, "the roses are out")
    second = await yard.say(ben, group, "and the tulips")
    await yard.notify()
    await yard.react(ana, group, first, "🌹")
    await yard.react(cleo, group, second, "👍")
    await yard.react(ben, group, second, "🎉")
    await yard.notify()
    row = await yard.row(ben)
    assert (row.type, row.count, row.body, row.actor_id) == ("reaction", 2, "👍", cleo)
    assert (row.group, row.message_seq, row.url) == (f"conversation:{group}", second, f"/c/{group}/m/{second}")
    assert (row.data["emoji"], row.data["actor_ids"]) == ("👍", [cleo, ana])
    assert row.title == "Cleo reacted to your message in Garden"
    assert await yard.rows(ana) == await yard.rows(cleo) == []


async def test_a_reaction_that_is_taken_back_leaves_nothing_to_be_told(yard: Yard) -> None:
    ana, ben, _, group = await garden(yard)
    seq = await yard.say(ben, group, "the roses are out")
    await yard.react(ana, group, seq, "🌹")
    await yard.notify()
    assert (await yard.counts(ben)).unread == 1
    await yard.react(ana, group, seq, "🌹", active=False)
    await yard.notify()
    assert (await yard.counts(ben)).unread == 0


async def test_reading_a_conversation_reads_its_reactions(yard: Yard) -> None:
    ana, ben, _, group = await garden(yard)
    seq = await yard.say(ben, group, "the roses are out")
    await yard.react(ana, group, seq, "🌹")
    await yard.notify()
    # The mark does not move: it says that somebody has looked.
    await yard.read(ben, group, seq)
    assert (await yard.counts(ben)).unread == 0


async def test_whoever_wants_mentions_alone_hears_of_no_reaction(yard: Yard) -> None:
    ana, ben, _, group = await garden(yard)
    seq = await yard.say(ben, group, "the roses are out")
    await yard.prefer(ben, group, notify="mentions")
    await yard.react(ana, group, seq, "🌹")
    await yard.notify()
    assert await yard.rows(ben) == []


async def test_words_of_a_message_never_stand_for_a_reaction_to_it(yard: Yard) -> None:
    ana, ben, _, group = await garden(yard)
    seq = await yard.say(ben, group, "the roses are out")
    await yard.react(ana, group, seq, "🌹")
    await yard.notify()
    await yard.edit(ben, group, seq, "the roses are in")
    await yard.notify()
    assert (await yard.row(ben)).body == "🌹"
    await yard.delete(ben, group, seq)
    await yard.notify()
    row = await yard.row(ben)
    assert row.read_at is not None
