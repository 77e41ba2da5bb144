"""The HTTP doors of files: up in one stream, down with ranges, and never as a page of ours."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import quote

from aiohttp import BodyPartReader, ClientPayloadError, MultipartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from server.errors import Expired, Invalid, NotFound, TooLarge, Unauthorized, Unavailable
from server.records import StoredFile
from server.services.files import Files, Opened
from server.transport.guard import Peers, id_in, reply
from server.transport.identity import Identity
from server.transport.streamed import Streamed

CHUNK_BYTES = 64 * 1024
IDLE_S = 60.0
"""An upload of which nothing arrives for so long is given up, and a download of which nothing is taken."""

Invited = Callable[[str, str], Awaitable[StoredFile]]

_FORM_BYTES = 64 * 1024
"""What a form may weigh around its file, before a body is refused by its announced length alone."""

# Nothing in a file is ever a page of this server, and nothing in it runs. The browser's own player may show
# itself, and as it asks for the sound again, it does that as this server's page, or it would have no cookie.
_NO_PAGE = "sandbox; default-src 'none'"
_PICTURE_ONLY = "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
_PLAYER_ONLY = "sandbox allow-same-origin; default-src 'none'; media-src 'self'; style-src 'unsafe-inline'"
# In a sandbox browsers open no viewer. It has no script of ours or of the file's to run: what it is shown is never
# taken for anything but a PDF.
_VIEWER_ONLY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_FOR_EVER = "private, max-age=31536000, immutable"
_AS_LONG_AS_A_LINK = "private, max-age=300"
_ASK_EACH_TIME = "private, no-cache"


def routes(
    files: Files,
    identity: Identity,
    *,
    accel_prefix: str | None = None,
    peers: Peers | None = None,
    invited: Invited | None = None,
    idle_s: float = IDLE_S,
) -> list[web.RouteDef]:
    """What the server's application is to answer for files.

    With ``accel_prefix`` a trusted proxy among ``peers`` is told where the bytes lie behind that prefix, and
    sends them itself. ``invited(code, address)`` is the picture of where a link leads.
    """
    peers = peers or Peers()
    doors = _Doors(files, identity, _Sender(accel_prefix, peers, idle_s), idle_s)

    async def invited_picture(request: web.Request) -> web.StreamResponse:
        if invited is None:
            raise NotFound("There is no such picture.")
        stored = await invited(request.match_info["code"], peers.of(request))
        return await doors.small(request, stored)

    return [
        web.post("/api/v1/files", doors.upload),
        web.get("/api/v1/me/files", doors.use),
        web.get("/api/v1/files/{id}/thumbnail", doors.thumbnail),
        web.post("/api/v1/files/{id}/link", doors.link),
        # Any name opens the file: it is there for people, and for the name of what they save.
        web.get("/api/v1/files/{id}/{name:[^/]*}", doors.download),
        web.get("/api/v1/accounts/{id}/picture", doors.picture),
        web.get("/api/v1/conversations/{id}/picture", doors.picture_of_conversation),
        web.get("/api/v1/join/{code}/picture", invited_picture),
    ]


class _Doors:
    def __init__(self, files: Files, identity: Identity, sender: _Sender, idle_s: float) -> None:
        self._files = files
        self._identity = identity
        self._sender = sender
        self._idle_s = idle_s

    async def upload(self, request: web.Request) -> web.Response:
        signed_in = await self._identity.of_request(request)
        limit = self._files.max_file_bytes
        if request.content_length is not None and request.content_length > limit + _FORM_BYTES:
            raise TooLarge(f"A file may have at most {limit:,} bytes.", field="file")
        form = await _Form.of(request, self._idle_s)
        stored = await self._files.upload(signed_in.account.id, form.file_name, form.chunks())
        return reply(stored, 201)

    async def use(self, request: web.Request) -> web.Response:
        signed_in = await self._identity.of_request(request)
        return reply(await self._files.use(signed_in.account.id))

    async def download(self, request: web.Request) -> web.StreamResponse:
        file_id, account_id = await self._who_wants_what(request)
        return await self._sender.send(request, await self._files.open(file_id, account_id))

    async def thumbnail(self, request: web.Request) -> web.StreamResponse:
        file_id, account_id = await self._who_wants_what(request)
        return await self._sender.send(request, await self._files.open_thumbnail(file_id, account_id))

    async def picture(self, request: web.Request) -> web.StreamResponse:
        await self._identity.of_request(request)
        file_id, opened = await self._files.open_picture(_id(request))
        # Under the version that it carries it never changes; without one it may be another tomorrow.
        caching = _FOR_EVER if request.query.get("v") == str(file_id) else _ASK_EACH_TIME
        return await self._sender.send(request, opened, caching)

    async def picture_of_conversation(self, request: web.Request) -> web.StreamResponse:
        signed_in = await self._identity.of_request(request)
        file_id, opened = await self._files.open_picture_of_conversation(_id(request), signed_in.account.id)
        # Whoever leaves keeps what they have seen, and asks for nothing more.
        caching = _FOR_EVER if request.query.get("v") == str(file_id) else _ASK_EACH_TIME
        return await self._sender.send(request, opened, caching)

    async def small(self, request: web.Request, stored: StoredFile) -> web.StreamResponse:
        """The thumbnail of a file that whoever asks may see."""
        return await self._sender.send(request, await self._files.open_small(stored), _ASK_EACH_TIME)

    async def link(self, request: web.Request) -> web.Response:
        signed_in = await self._identity.of_request(request)
        return reply(await self._files.link(_id(request), signed_in.account.id), 201)

    async def _who_wants_what(self, request: web.Request) -> tuple[int, int]:
        """The file's id and the account that asks, by session or by link; raises NotFound for nobody."""
        file_id = _id(request)
        if (link := request.query.get("link")) is not None:
            return file_id, await self._files.account_of_link(file_id, link)
        try:
            signed_in = await self._identity.of_request(request)
        except (Unauthorized, Expired):
            # Strangers learn nothing here, not even that signing in would help.
            raise NotFound("There is no such file.") from None
        return file_id, signed_in.account.id


class _Form:
    """A multipart form with one part, ``file``, read as it comes in."""

    def __init__(self, reader: MultipartReader, part: BodyPartReader, idle_s: float) -> None:
        self._reader = reader
        self._part = part
        self._idle_s = idle_s
        # Browsers write a quotation mark like this inside the quoted name, and a percent sign as it is.
        self.file_name = (part.filename or "").replace("%22", '"')

    @classmethod
    async def of(cls, request: web.Request, idle_s: float) -> _Form:
        """The form, read up to its file. Raises Invalid for a request of another kind."""
        if request.content_type != "multipart/form-data":
            raise Invalid("Send the file as multipart/form-data, in a part named `file`.", field="file")
        async with reading(idle_s):
            reader = await request.multipart()
            part = await reader.next()
        if not isinstance(part, BodyPartReader) or part.name != "file":
            raise Invalid("Send the file in a part named `file`, and nothing before it.", field="file")
        return cls(reader, part, idle_s)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The file's content. Raises Invalid when the form breaks off, or goes on behind the file."""
        while not self._part.at_eof():
            async with reading(self._idle_s):
                chunk = await self._part.read_chunk(CHUNK_BYTES)
            yield chunk
        async with reading(self._idle_s):
            more = await self._reader.next()
        if more is not None:
            raise Invalid("Send one file at a time.", field="file")


@contextlib.asynccontextmanager
async def reading(idle_s: float) -> AsyncIterator[None]:
    """Around a read from the client: what can go wrong there, as refusals."""
    try:
        async with asyncio.timeout(idle_s):
            yield
    except TimeoutError:
        raise Unavailable("Nothing arrived for a while, so the upload was given up. Try again.") from None
    except (ConnectionError, web.RequestPayloadError, ClientPayloadError):
        raise Invalid("The upload broke off.", field="file") from None
    except (ValueError, AssertionError, RuntimeError, LookupError, HttpProcessingError):
        raise Invalid("This is not a whole multipart form.", field="file") from None


def _id(request: web.Request) -> int:
    return id_in(request, NotFound("There is no such file."))


class _Sender:
    """Answers with bytes, with ranges and conditions: by the system, by the proxy in front, or piece by piece."""

    def __init__(self, accel_prefix: str | None, peers: Peers, idle_s: float) -> None:
        self._accel_prefix = accel_prefix
        self._peers = peers
        self._idle_s = idle_s

    async def send(self, request: web.Request, opened: Opened, caching: str = _FOR_EVER) -> web.StreamResponse:
        """The answer, or its beginning where the rest has been sent."""
        headers = _headers(request, opened, caching)
        content = opened.content
        if content.path is None:
            bytes_ = Streamed(content.size_bytes, content.modified_at, content.etag, content.read, self._idle_s)
            return await bytes_.answer(request, headers)
        if self._accel_prefix and self._peers.passed_on(request):
            return web.Response(headers={**headers, "X-Accel-Redirect": self._accel_prefix + content.name})
        return web.FileResponse(content.path, headers=headers)


def _headers(request: web.Request, opened: Opened, caching: str) -> dict[str, str]:
    """What makes the bytes harmless, whatever they are."""
    linked = "link" in request.query
    return {
        # What is not shown inline has no type that a page could load it by: as a script, say.
        "Content-Type": opened.media_type if opened.inline else "application/octet-stream",
        "Content-Disposition": _disposition(opened),
        "Content-Security-Policy": _policy(opened),
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin" if linked else "same-origin",
        "Cache-Control": _AS_LONG_AS_A_LINK if linked else caching,
        # Another person at the same browser must not get it from the cache.
        "Vary": "Cookie, Authorization",
    }


def _policy(opened: Opened) -> str:
    """What the file may do if somebody opens it as a page."""
    if not opened.inline:
        return _NO_PAGE
    if opened.media_type == "application/pdf":
        return _VIEWER_ONLY
    return _PICTURE_ONLY if opened.media_type.startswith("image/") else _PLAYER_ONLY


def _disposition(opened: Opened) -> str:
    """How to show or save it; names beyond ASCII as RFC 5987 has them."""
    plain = "".join(char if char.isascii() and char not in '"\\%' else "_" for char in opened.name)
    kind = "inline" if opened.inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(opened.name, safe='')}"
