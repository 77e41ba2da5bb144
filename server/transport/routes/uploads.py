"""The HTTP doors of uploads that go on after a cut, as tus 1.0 has them; existing tus clients work."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.utils import formatdate

from aiohttp import web
from aiohttp.typedefs import Handler

from server.errors import ChatError, Unsupported
from server.protocol import tus
from server.services.uploads import Standing, Uploads
from server.transport.guard import refusal, reply
from server.transport.identity import Identity
from server.transport.routes.files import CHUNK_BYTES, IDLE_S, reading

PATH = "/api/v1/uploads"


class _WrongVersion(Unsupported):
    http_status = 412


class _WrongBody(Unsupported):
    http_status = 415


def routes(uploads: Uploads, identity: Identity, *, idle_s: float = IDLE_S) -> list[web.RouteDef]:
    """What the server's application is to answer for uploads in several goes."""
    doors = _Doors(uploads, identity, idle_s)
    one = f"{PATH}/{{key}}"
    return [
        web.options(PATH, doors.abilities),
        web.post(PATH, _refusing_by_tus(doors.begin)),
        web.head(one, _refusing_by_tus(doors.look)),
        web.patch(one, _refusing_by_tus(doors.append)),
        web.get(one, doors.file, allow_head=False),
        web.delete(one, _refusing_by_tus(doors.give_up)),
    ]


class _Doors:
    def __init__(self, uploads: Uploads, identity: Identity, idle_s: float) -> None:
        self._uploads = uploads
        self._identity = identity
        self._idle_s = idle_s

    async def abilities(self, request: web.Request) -> web.Response:
        headers = {"Tus-Version": tus.VERSION, "Tus-Extension": tus.EXTENSIONS}
        return _answer(204, {**headers, "Tus-Max-Size": str(self._uploads.max_file_bytes)})

    async def begin(self, request: web.Request) -> web.Response:
        account_id = await self._who(request)
        size_bytes = tus.number("Upload-Length", request.headers.get("Upload-Length"))
        standing = await self._uploads.begin(account_id, size_bytes, request.headers.get("Upload-Metadata", ""))
        where = {"Location": f"{PATH}/{standing.key}"}
        if request.content_type != tus.BODY_TYPE:
            return _answer(201, where, standing)
        try:
            standing = await self._uploads.append(account_id, standing.key, 0, self._chunks(request))
        except ChatError:
            # It has been begun, which its client has to hear, or it could not go on.
            standing = await self._uploads.look(account_id, standing.key)
        return _answer(201, where, standing)

    async def look(self, request: web.Request) -> web.Response:
        standing = await self._uploads.look(await self._who(request), request.match_info["key"])
        headers = {"Upload-Length": str(standing.size_bytes), "Cache-Control": "no-store"}
        if standing.metadata:
            headers["Upload-Metadata"] = standing.metadata
        return _answer(200, headers, standing)

    async def append(self, request: web.Request) -> web.Response:
        account_id = await self._who(request)
        at = tus.number("Upload-Offset", request.headers.get("Upload-Offset"))
        if request.content_type != tus.BODY_TYPE:
            raise _WrongBody(f"The body of an upload is `{tus.BODY_TYPE}`.", field="Content-Type")
        key = request.match_info["key"]
        return _answer(204, {}, await self._uploads.append(account_id, key, at, self._chunks(request)))

    async def file(self, request: web.Request) -> web.Response:
        signed_in = await self._identity.of_request(request)
        return reply(await self._uploads.file(signed_in.account.id, request.match_info["key"]))

    async def give_up(self, request: web.Request) -> web.Response:
        await self._uploads.give_up(await self._who(request), request.match_info["key"])
        return _answer(204, {})

    async def _who(self, request: web.Request) -> int:
        """Who uploads. Raises Unsupported for another version of tus."""
        if request.headers.get("Tus-Resumable") != tus.VERSION:
            raise _WrongVersion(f"`Tus-Resumable` must be {tus.VERSION}.", field="Tus-Resumable")
        return (await self._identity.of_request(request)).account.id

    async def _chunks(self, request: web.Request) -> AsyncIterator[bytes]:
        while True:
            async with reading(self._idle_s):
                chunk = await request.content.read(CHUNK_BYTES)
            if not chunk:
                return
            yield chunk


def _refusing_by_tus(handler: Handler) -> Handler:
    """Refusals say the version of tus too."""

    async def answered(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except ChatError as error:
            answer = refusal(error)
            answer.headers["Tus-Resumable"] = tus.VERSION
            if isinstance(error, _WrongVersion):
                answer.headers["Tus-Version"] = tus.VERSION
            return answer

    return answered


def _answer(status: int, headers: dict[str, str], standing: Standing | None = None) -> web.Response:
    if standing is not None:
        headers |= {
            "Upload-Offset": str(standing.offset),
            "Upload-Expires": formatdate(standing.expires_at / 1000, usegmt=True),
        }
    return web.Response(status=status, headers={"Tus-Resumable": tus.VERSION, **headers})
