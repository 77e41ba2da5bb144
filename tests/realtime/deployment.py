"""Several whole servers over one database and one Redis, which a test may break."""

from __future__ import annotations

import itertools
import json
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

from tests.chat_client import ChatClient
from tests.people import Person, make_people_in
from tests.redis_under_test import RedisProcess
from tests.services_under_test import MadangProcess

QUICK = (sys.executable, "-m", "tests.realtime.quick_server")


class Deployment:
    """``workers`` share a SQLite file unless ``database_url`` names a PostgreSQL; to people it is the same."""

    def __init__(self, folder: Path, workers: int = 2, *, with_redis: bool = True, **settings: str | int) -> None:
        self.redis = RedisProcess(folder / "redis")
        self.with_redis = with_redis
        chosen = {"message_rate": "off", "metrics_access": "everyone", **settings}
        if with_redis:
            chosen["redis_url"] = self.redis.url
        self.workers = [MadangProcess(folder / "data", command=QUICK, **chosen) for _ in range(workers)]
        self._place: Path | str = str(settings["database_url"]) if "database_url" in settings else folder / "data"
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        if self.with_redis:
            self.redis.start()
        try:
            self.workers[0].start()  # it makes the database
            with ThreadPoolExecutor() as threads:
                list(threads.map(MadangProcess.start, self.workers[1:]))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.kill()
        self.redis.kill()

    def people(self, *names: str) -> list[Person]:
        """Accounts with names that nobody has yet."""
        number = next(self._numbers)
        made = make_people_in(self._place, *(f"{name}{number}" for name in names))
        return list(made.values())

    def client(self, worker: int, person: Person, transport: str = "websocket") -> ChatClient:
        """A device of theirs, by a worker's door."""
        return ChatClient(self.workers[worker].url, person.token, [transport])

    def counter(self, worker: int, name: str) -> float:
        """A number among the metrics, 0 when it is not there; those with labels are added up."""
        lines = self._get(worker, "/metrics").decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((name + " ", name + "{")))

    def readiness(self, worker: int) -> dict[str, Any]:
        """What /readyz says."""
        found: dict[str, Any] = json.loads(self._get(worker, "/readyz"))
        return found

    def devices(self, worker: int, person: Person) -> list[dict[str, Any]]:
        """Somebody's list of devices."""
        found: list[dict[str, Any]] = json.loads(self._get(worker, "/api/v1/sessions", person.headers))["sessions"]
        return found

    def end_session(self, worker: int, person: Person, session_id: int) -> None:
        """Signs one of somebody's devices out."""
        self._get(worker, f"/api/v1/sessions/{session_id}", person.headers, "DELETE")

    def _get(self, worker: int, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> bytes:
        request = urllib.request.Request(self.workers[worker].url + path, headers=headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                body: bytes = answer.read()
        except urllib.error.HTTPError as error:
            body = error.read()
        return body


async def group(owner: ChatClient, key: str, *others: Person) -> int:
    """A new group's id."""
    ids = [other.id for other in others]
    made = await owner.do("create_group", client_id=f"group-{key}", title=key, account_ids=ids)
    return int(made["id"])


async def say(who: ChatClient, conversation_id: int, text: str) -> int:
    """The place of what somebody says; the text is said once in a test."""
    label = f"{conversation_id}-{text}".replace(" ", "-").ljust(8, "-")
    sent = await who.do("send_message", conversation_id=conversation_id, client_id=label[:64], text=text)
    return int(sent["seq"])
