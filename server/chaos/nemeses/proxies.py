"""nginx that is reloaded and restarted."""

from __future__ import annotations

from server.chaos.nemeses.nemesis import Outcome, Scene


async def reload(scene: Scene) -> Outcome:
    """New processes with the same configuration; the old ones keep their sockets until these end."""
    assert scene.setup.nginx is not None
    seen = await scene.setup.nginx.reload()
    return Outcome(bool(seen), seen)


async def restart(scene: Scene) -> Outcome:
    """It ends with all its sockets, and is there again."""
    assert scene.setup.nginx is not None
    here = sum(client.is_here for client in scene.clients)
    seen = await scene.setup.nginx.restart()
    return Outcome(bool(seen), f"{seen}; {here} clients had been connected")
