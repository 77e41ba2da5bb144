"""What the server has ready in memory to hand out: pages, scripts, documents; compressed once, sent once."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from typing import Self

from aiohttp import web

_COMPRESSED = ("text/", "application/javascript", "application/json", "application/manifest+json", "image/svg+xml")
_WORTH_IT_BYTES = 1000


@dataclass(frozen=True, slots=True)
class Asset:
    """One of them. ``immutable``: its name changes with its content, so that a browser keeps it for good."""

    content: bytes
    compressed: bytes | None
    media_type: str
    tag: str
    immutable: bool

    @classmethod
    def of(cls, content: bytes, media_type: str, *, immutable: bool = False) -> Self:
        """``content`` ready to be sent."""
        text = media_type.startswith(_COMPRESSED)
        return cls(
            content=content,
            compressed=gzip.compress(content, mtime=0) if text and len(content) > _WORTH_IT_BYTES else None,
            media_type=f"{media_type}; charset=utf-8" if text else media_type,
            tag=f'"{hashlib.sha256(content).hexdigest()[:32]}"',
            immutable=immutable,
        )

    def answer(self, request: web.Request) -> web.Response:
        """The content, or 304 for whoever has it."""
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable" if self.immutable else "no-cache",
            "ETag": self.tag,
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }
        if self.tag in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        content = self.content
        if self.compressed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            content = self.compressed
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=content, headers={**headers, "Content-Type": self.media_type})
