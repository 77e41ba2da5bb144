"""Links into groups: what they are good for, and when they end, on a real database."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from server.errors import Forbidden, Invalid, NotFound, RateLimited
from server.protocol import chat
from server.services.contacts import Contacts
from server.services.invites import MAX_LINKS, TRIES
from server.storage import files, joining
from server.storage.database import Database
from tests.conftest import People
from tests.fakes import RecordingPublisher, SteppedClock
from tests.services.group_yard import Yard, lines


@pytest.fixture
def yard(db: Database, clock: SteppedClock) -> Yard:
    return Yard(db, clock)


async def test_a_link_brings_people_in_until_it_is_used_up(
    yard: Yard, people: People, published: RecordingPublisher
) -> None:
    ana, ben, cleo, dan = await people.add("ana", "ben", "cleo", "dan")
    where = await yard.group(ana)
    code = await yard.link(ana, where, uses=2)
    assert await yard.join(ben, code) == await yard.join(ben, code) == where
    # However it was typed.
    assert await yard.join(cleo, f"{code[:4]}-{code[4:].upper()}") == where
    with pytest.raises(NotFound) as used_up:
        await yard.join(dan, code)
    with pytest.raises(NotFound) as wrong:
        await yard.join(dan, "nobody-made-this")
    assert (used_up.value.message, used_up.value.field) == (wrong.value.message, "code")
    # Whoever is inside gets there all the same: an answer may be lost, and links are made in the meantime.
    await yard.link(ana, where)
    assert await yard.join(cleo, code) == where
    assert (await yard.view(ana, where)).member_count == 3
    assert lines(published, where)[-1] == (
        "member_added",
        cleo,
        f'{{"account_id":{cleo},"role":"member","by":"invite"}}',
    )


async def test_of_a_link_only_a_hash_is_kept(yard: Yard, people: People) -> None:
    [ana] = await people.add("ana")
    code = await yard.link(ana, await yard.group(ana))
    rows = await yard.db.read(lambda: files.fetch_all("select * from conversation_invite"))
    assert len(rows) == 1
    assert not any(code in str(value) or code.encode() in bytes(str(value), "utf8") for value in rows[0])


async def test_a_link_ends_by_time_by_being_revoked_and_with_who_made_it(
    yard: Yard, people: People, clock: SteppedClock
) -> None:
    ana, ben, zed = await people.add("ana", "ben", "zed")
    where = await yard.group(ana, ben)
    short = await yard.link(ana, where, good_for_s=60)
    clock.step(seconds=61)
    revoked = await yard.invites.create(ana, chat.CreateInvite(conversation_id=where))
    revoke = chat.RevokeInvite(conversation_id=where, invite_id=revoked.invite.id)
    await yard.invites.revoke(ana, revoke)
    await yard.invites.revoke(ana, revoke)
    bens = await yard.link(ben, where)
    await yard.members.leave(ben, chat.InConversation(conversation_id=where))
    for code in (short, revoked.code, bens):
        with pytest.raises(NotFound):
            await yard.join(zed, code)
    assert (await yard.invites.list(ana, chat.InConversation(conversation_id=where))).invites == []


async def test_a_link_is_worth_what_its_maker_may_do(yard: Yard, people: People) -> None:
    ana, ben, zed = await people.add("ana", "ben", "zed")
    where = await yard.group(ana, ben)
    code = await yard.link(ben, where)
    await yard.rule(ana, where, invite="admin")
    with pytest.raises(NotFound):
        await yard.join(zed, code)
    with pytest.raises(Forbidden):
        await yard.link(ben, where)
    with pytest.raises(Forbidden):
        await yard.invites.list(ben, chat.InConversation(conversation_id=where))
    await yard.role(ana, where, ben, "admin")
    assert await yard.join(zed, code) == where


async def test_a_link_does_not_work_for_those_whom_its_maker_has_blocked(yard: Yard, people: People) -> None:
    ana, ben, zed = await people.add("ana", "ben", "zed")
    where = await yard.group(ana, ben)
    anas, bens = await yard.link(ana, where), await yard.link(ben, where)
    contacts = Contacts(yard.db, lambda: 1, lambda account_id: None)
    await contacts.block(ana, chat.WithPerson(account_id=zed))
    heard = []
    for code in (anas, "not-this-one"):
        for refused in (lambda c: yard.join(zed, c), lambda c: yard.invites.preview(c, "10.0.0.1", zed)):
            with pytest.raises(NotFound) as refusal:
                await refused(code)
            heard.append((refusal.value.code, str(refusal.value), refusal.value.field))
    # A wrong one is answered the same.
    assert len(set(heard)) == 1
    assert await yard.join(zed, bens) == where
    assert await yard.join(zed, anas) == where  # there already
    assert (await yard.invites.preview(anas, "10.0.0.1", zed)).conversation_id == where


async def test_a_block_of_one_s_own_closes_no_link(yard: Yard, people: People) -> None:
    ana, zed = await people.add("ana", "zed")
    where = await yard.group(ana)
    code = await yard.link(ana, where)
    await Contacts(yard.db, lambda: 1, lambda account_id: None).block(zed, chat.WithPerson(account_id=ana))
    assert await yard.join(zed, code) == where


async def test_members_see_and_revoke_their_own_links_and_admins_all(yard: Yard, people: People) -> None:
    ana, ben, cleo = await people.add("ana", "ben", "cleo")
    where = await yard.group(ana, ben, cleo)
    here = chat.InConversation(conversation_id=where)
    anas = (await yard.invites.create(ana, chat.CreateInvite(conversation_id=where, uses=5))).invite
    bens = (await yard.invites.create(ben, chat.CreateInvite(conversation_id=where))).invite
    assert {one.id for one in (await yard.invites.list(ana, here)).invites} == {anas.id, bens.id}
    assert [one.id for one in (await yard.invites.list(ben, here)).invites] == [bens.id]
    with pytest.raises(Forbidden):
        await yard.invites.revoke(ben, chat.RevokeInvite(conversation_id=where, invite_id=anas.id))
    await yard.invites.revoke(ana, chat.RevokeInvite(conversation_id=where, invite_id=bens.id))
    assert (await yard.invites.list(ben, here)).invites == []


async def test_there_are_only_so_many_links_and_so_many_tries(yard: Yard, people: People) -> None:
    ana, zed = await people.add("ana", "zed")
    where = await yard.group(ana)
    for _ in range(MAX_LINKS):
        code = await yard.link(ana, where)
    with pytest.raises(Invalid):
        await yard.link(ana, where)
    for _ in range(TRIES):
        with pytest.raises(NotFound):
            await yard.join(zed, "not-this-one")
    with pytest.raises(RateLimited):
        await yard.join(zed, code)
    assert await yard.join(ana, code) == where


async def test_the_last_use_of_a_link_is_for_one(yard: Yard, people: People) -> None:
    ana, *others = await people.add("ana", "ben", "cleo", "dan")
    where = await yard.group(ana)
    code = await yard.link(ana, where, uses=1)
    outcomes = await asyncio.gather(*(yard.join(one, code) for one in others), return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["NotFound", "NotFound", "int"]


async def test_a_preview_shows_what_one_joins(yard: Yard, people: People) -> None:
    ana, ben = await people.add("ana", "ben")
    where = await yard.group(ana, description="Tiles and beams")
    code = await yard.link(ana, where)
    seen = await yard.invites.preview(code, "10.0.0.1", None)
    assert (seen.title, seen.description, seen.member_count, seen.invited_by) == ("Roof", "Tiles and beams", 1, "Ana")
    assert seen.conversation_id is None
    assert (await yard.invites.preview(code, "10.0.0.1", ben)).conversation_id is None
    assert (await yard.invites.preview(code, "10.0.0.1", ana)).conversation_id == where
    for _ in range(TRIES):
        with pytest.raises(NotFound):
            await yard.invites.preview("wrong", "10.0.0.1", None)
    with pytest.raises(RateLimited):
        await yard.invites.preview(code, "10.0.0.1", None)
    await yard.invites.preview(code, "10.0.0.2", None)


async def test_the_picture_behind_a_link_is_looked_up_once_and_a_missing_one_is_no_wrong_code(
    yard: Yard, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    [ana] = await people.add("ana")

    def create() -> int:
        return files.create(
            account_id=ana, key="roof", name="roof.png", media_type="image/png", size_bytes=5, created_at=0,
            has_thumbnail=True,
        ).id  # fmt: skip

    face = await yard.db.write(create)
    plain = await yard.link(ana, await yard.group(ana))
    code = await yard.link(ana, await yard.group(ana, picture_file_id=face))
    looked_up: list[tuple[Any, ...]] = []
    invited = joining.invited

    def counted(*args: Any) -> joining.Invited:
        looked_up.append(args)
        return invited(*args)

    monkeypatch.setattr(joining, "invited", counted)
    assert (await yard.invites.picture(code, "10.0.0.1")).id == face
    assert len(looked_up) == 1
    for asked in [plain] * TRIES + ["wrong"] * TRIES:
        with pytest.raises(NotFound):
            await yard.invites.picture(asked, "10.0.0.1")
    with pytest.raises(RateLimited):
        await yard.invites.picture(code, "10.0.0.1")
