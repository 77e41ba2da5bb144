"""Files' rows, and who may have them."""

from functools import partial

import pytest

from server.errors import Invalid, NotFound, RateLimited
from server.protocol import chat
from server.records import StoredFile
from server.storage import files
from server.storage import people as profile
from server.storage.database import Database
from server.storage.models import Account
from tests.conftest import People
from tests.files.stage import Talk


async def add(db: Database, account_id: int, key: str, created_at: int = 0, **more: object) -> StoredFile:
    fields = {"name": f"{key}.txt", "media_type": "text/plain", "size_bytes": 3, "created_at": created_at, **more}
    return await db.write(partial(files.create, account_id=account_id, key=key, **fields))


async def sees(db: Database, stored: StoredFile | chat.File, account_id: int) -> bool:
    try:
        await db.read(files.visible_to, stored.id, account_id)
    except NotFound:
        return False
    return True


async def test_a_file_is_its_uploaders_alone_until_it_is_sent(db: Database, people: People) -> None:
    ana, ben, cho = await people.add("ana", "ben", "cho")
    talk = await Talk(db).begin([ana, ben])
    stored = await add(db, ana, "a")
    assert [await sees(db, stored, who) for who in (ana, ben, cho)] == [True, False, False]
    seq = await talk.send(ana, files.body(stored))
    assert [await sees(db, stored, who) for who in (ana, ben, cho)] == [True, True, False]
    await talk.remove(ana)
    assert [await sees(db, stored, who) for who in (ana, ben, cho)] == [False, True, False]
    await talk.add(cho, history_from_seq=seq + 1)
    assert not await sees(db, stored, cho)
    await talk.delete(seq)
    assert not await sees(db, stored, ben)


async def test_a_disabled_account_has_nothing(db: Database, people: People) -> None:
    ana, _ = await people.add("ana", "ben")
    stored = await add(db, ana, "a")
    await db.write(lambda: Account.update(disabled_at=1).where(Account.id == ana).execute())
    assert not await sees(db, stored, ana)


async def test_files_keep_the_senders_order(db: Database, people: People) -> None:
    (ana,) = await people.add("ana")
    talk = await Talk(db).begin([ana])
    made = [await add(db, ana, key) for key in "abc"]
    seq = await talk.send(ana, *(files.body(made[at]) for at in (2, 0, 1)))
    found = await db.read(files.of_messages, talk.id, [seq, 99])
    assert [stored.key for stored in found[seq]] == ["c", "a", "b"]
    assert list(found) == [seq]


async def test_only_ones_own_free_files_can_be_sent_and_each_once(db: Database, people: People) -> None:
    ana, ben = await people.add("ana", "ben")
    talk = await Talk(db).begin([ana, ben])
    mine, sent, face = await add(db, ana, "a"), await add(db, ana, "b"), await add(db, ana, "c", has_thumbnail=True)
    bens = await add(db, ben, "d")
    await talk.send(ana, files.body(sent))
    await db.write(profile.set_profile, ana, None, face.id, 1)
    for wrong in ([sent.id], [bens.id], [99], [mine.id, mine.id], [face.id]):
        with pytest.raises(Invalid) as refusal:
            await db.write(files.attach, [mine.id, *wrong] if len(wrong) == 1 else wrong, ana, talk.id, 9)
        assert refusal.value.field == "file_ids"
    assert (await db.read(files.get, mine.id)).conversation_id is None


async def test_a_deleted_message_lets_its_files_go(db: Database, people: People) -> None:
    (ana,) = await people.add("ana")
    talk = await Talk(db).begin([ana])
    made = [await add(db, ana, key) for key in "ab"]
    seq = await talk.send(ana, *map(files.body, made))
    assert sorted(await talk.delete(seq)) == ["a", "b"]
    assert await talk.delete(seq) == []
    with pytest.raises(NotFound):
        await db.read(files.get, made[0].id)


async def test_orphans_go_but_faces_and_sent_files_stay(db: Database, people: People) -> None:
    (ana,) = await people.add("ana")
    talk = await Talk(db).begin([ana])
    await add(db, ana, "orphan", 10)
    await add(db, ana, "young", 1000)
    face, sent = await add(db, ana, "face", 10, has_thumbnail=True), await add(db, ana, "sent", 10)
    await talk.send(ana, files.body(sent))
    await db.write(profile.set_profile, ana, None, face.id, 1)
    assert await db.write(files.release_orphans, 500) == ["orphan"]
    assert await db.write(files.release_orphans, 500) == []
    assert await db.read(files.known_keys, ["orphan", "young", "face", "sent"]) == {"young", "face", "sent"}


async def test_a_face_is_ones_own_picture_that_no_message_carries(db: Database, people: People) -> None:
    ana, ben = await people.add("ana", "ben")
    talk = await Talk(db).begin([ana])
    good = await add(db, ana, "good", has_thumbnail=True)
    text, bens = await add(db, ana, "text"), await add(db, ben, "bens", has_thumbnail=True)
    sent = await add(db, ana, "sent", has_thumbnail=True)
    await talk.send(ana, files.body(sent))
    assert (await db.read(files.check_picture, good.id, ana)).id == good.id
    for wrong in (text, bens, sent):
        with pytest.raises(Invalid) as refusal:
            await db.read(files.check_picture, wrong.id, ana)
        assert refusal.value.field == "picture_file_id"


async def test_nobody_piles_up_files_that_are_never_sent(
    db: Database, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, ben = await people.add("ana", "ben")
    monkeypatch.setattr(files, "MAX_WAITING", 2)
    for key in "ab":
        await add(db, ana, key)
    with pytest.raises(RateLimited):
        await add(db, ana, "c")
    await add(db, ben, "d")


async def test_the_address_of_a_file_holds_any_name(db: Database, people: People) -> None:
    (ana,) = await people.add("ana")
    body = files.body(await add(db, ana, "a", name="100% {sure} #1 회의.png", has_thumbnail=True, blur="#102030"))
    assert body.url == f"/api/v1/files/{body.id}/100%25%20%7Bsure%7D%20%231%20%ED%9A%8C%EC%9D%98.png"
    assert body.thumbnail_url == f"/api/v1/files/{body.id}/thumbnail"
    assert body.blur == "#102030"


async def test_the_key_of_links_is_made_once(db: Database) -> None:
    assert await db.write(files.link_key) == await db.write(files.link_key)
