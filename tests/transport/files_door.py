"""The doors of files, opened for a test."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import ClientResponse, FormData, web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from server.clock import now
from server.files.store import Store
from server.services.attempts import Attempts
from server.services.passwords import Passwords
from server.services.sessions import Sessions
from server.services.uploads import Uploads
from server.storage.database import Database
from server.transport import guard
from server.transport.identity import Identity
from server.transport.origins import Origins
from server.transport.routes import files as file_routes
from server.transport.routes import uploads as upload_routes
from tests.fakes import SteppedClock
from tests.files.stage import make_files
from tests.people import Person

MAX_FILE_BYTES = 2_000_000


class Door:
    """A client of a server that has the routes of files."""

    def __init__(self, client: TestClient[web.Request, web.Application]) -> None:
        self.client = client

    async def upload(self, person: Person, content: bytes, name: str = "a.txt") -> dict[str, object]:
        """The stored file's body."""
        answer = await self.send(person, content, name)
        assert answer.status == 201, await answer.text()
        return dict(await answer.json())

    async def send(self, person: Person, content: bytes, name: str = "a.txt", part: str = "file") -> ClientResponse:
        """The answer to an upload."""
        form = FormData(quote_fields=False)
        form.add_field(part, content, filename=name, content_type="text/html")
        return await self.client.post("/api/v1/files", data=form, headers=person.headers)

    async def get(self, path: object, person: Person | None = None, **headers: str) -> ClientResponse:
        """The answer to a download."""
        # As it stands: a name that was quoted once must not be quoted again.
        return await self.client.get(
            URL(str(path), encoded=True), headers={**(person.headers if person else {}), **headers}
        )


@contextlib.asynccontextmanager
async def open_door(
    db: Database, store: Store, *, quota_bytes: int | None = None, clock: SteppedClock | None = None, **options: Any
) -> AsyncIterator[Door]:
    """Over this store; ``options`` are those of the routes of files."""
    clock = clock or SteppedClock(now())
    origins = Origins(["http://localhost:8000"])
    identity = Identity(Sessions(db, clock, Passwords(cost=4), Attempts()), origins)
    service = make_files(db, store, clock, max_file_bytes=MAX_FILE_BYTES, quota_bytes=quota_bytes)
    app = web.Application()
    guard.install(app, origins)
    app.add_routes(file_routes.routes(service, identity, idle_s=1.0, **options))
    uploads = Uploads(db, store.partials, service, clock)
    app.add_routes(upload_routes.routes(uploads, identity, idle_s=1.0))
    async with TestClient(TestServer(app)) as client:
        yield Door(client)


async def code_of(answer: ClientResponse) -> tuple[int, str, str]:
    error = (await answer.json())["error"]
    return answer.status, error["code"], error["message"]
