"""Small facts about a deployment."""

from server.storage import server_values
from server.storage.database import Database


async def test_a_value_is_put_kept_and_forgotten(db: Database) -> None:
    assert await db.read(server_values.find, "epoch") is None
    assert await db.write(server_values.get_or_put, "epoch", "a") == "a"
    assert await db.write(server_values.get_or_put, "epoch", "b") == "a"
    await db.write(server_values.put, "epoch", "c")
    assert await db.read(server_values.find, "epoch") == "c"
    await db.write(server_values.forget, "epoch")
    assert await db.read(server_values.find, "epoch") is None
