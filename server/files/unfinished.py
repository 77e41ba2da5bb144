"""Uploads in parts that nobody finished: asked for and dropped by signed requests of our own.

obstore can do neither. A crash in the middle of an upload leaves its parts in the bucket, where no list of
files shows them, and they are paid for until somebody drops them.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit
from xml.etree import ElementTree

from server.addresses import Bucket
from server.files.store import key_of

_EMPTY = hashlib.sha256(b"").hexdigest()
_MAX_PAGES = 100
_MAX_ANSWER_BYTES = 16 * 1024 * 1024


class Refused(Exception):
    """The server answered something else than what was asked for."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What requests are signed with; nothing of it is ever shown."""

    key_id: str = field(repr=False)
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Credentials | None:
        """Those of the usual ``AWS_*`` variables, or None."""
        key_id, secret = environ.get("AWS_ACCESS_KEY_ID", ""), environ.get("AWS_SECRET_ACCESS_KEY", "")
        return cls(key_id, secret, environ.get("AWS_SESSION_TOKEN", "")) if key_id and secret else None


class Unfinished(NamedTuple):
    """An upload in parts that was begun. ``begun_at`` is in seconds."""

    key: str
    id: str
    begun_at: float


class UnfinishedUploads:
    """The unfinished uploads of a bucket. Its methods block: call them from a thread."""

    def __init__(self, bucket: Bucket, credentials: Credentials, timeout_s: float) -> None:
        self._bucket = bucket
        self._credentials = credentials
        self._timeout_s = timeout_s

    def abort(self, name: str, before: float) -> int:
        """Drop those of objects whose name begins with ``name`` that were begun before then; returns how many.

        Raises Refused or OSError.
        """
        old = [one for one in self.listed(name) if one.begun_at < before]
        for one in old:
            self.ask("DELETE", one.key, {"uploadId": one.id})
        return len(old)

    def listed(self, name: str) -> list[Unfinished]:
        """Those of objects whose name begins with ``name``. The bucket may have things of others in it: not those."""
        query = {"uploads": "", "prefix": f"{self._bucket.prefix}/{name}" if self._bucket.prefix else name}
        found: list[Unfinished] = []
        for _ in range(_MAX_PAGES):
            page, more = _read(self.ask("GET", "", query))
            found += [one for one in page if self._is_ours(one.key, name)]
            if more is None:
                break
            query |= more
        return found

    def _is_ours(self, key: str, name: str) -> bool:
        place = key.removeprefix(f"{self._bucket.prefix}/") if self._bucket.prefix else key
        return place.startswith(name) and key_of(place) is not None

    def ask(self, method: str, key: str, query: Mapping[str, str]) -> bytes:
        """The body of the answer to a request that has none. Raises Refused or OSError."""
        base = urlsplit(self._bucket.base_url)
        path = quote(f"{base.path}/{key}", safe="/-_.~")
        search = urlencode(sorted(query.items()), quote_via=quote, safe="-_.~")
        kind = http.client.HTTPSConnection if base.scheme == "https" else http.client.HTTPConnection
        connection = kind(base.netloc, timeout=self._timeout_s)
        try:
            connection.request(method, f"{path}?{search}", headers=self._signed(method, base.netloc, path, search))
            answer = connection.getresponse()
            body = answer.read(_MAX_ANSWER_BYTES)
        except http.client.HTTPException as error:
            raise Refused(type(error).__name__) from None
        finally:
            connection.close()
        if answer.status >= 300 and not (method == "DELETE" and answer.status == 404):
            raise Refused(f"{answer.status} {answer.reason}")
        return body

    def _signed(self, method: str, host: str, path: str, search: str) -> dict[str, str]:
        """The headers of a request without a body, signed as AWS Signature Version 4 has it."""
        time = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        headers = {"host": host, "x-amz-content-sha256": _EMPTY, "x-amz-date": time}
        if self._credentials.token:
            headers["x-amz-security-token"] = self._credentials.token
        names = ";".join(headers)
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        request = "\n".join((method, path, search, lines, names, _EMPTY))
        scope = f"{time[:8]}/{self._bucket.region}/s3/aws4_request"
        to_sign = "\n".join(("AWS4-HMAC-SHA256", time, scope, hashlib.sha256(request.encode()).hexdigest()))
        key = b"AWS4" + self._credentials.secret.encode()
        for word in scope.split("/"):
            key = hmac.digest(key, word.encode(), "sha256")
        signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self._credentials.key_id}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}"
        )
        return headers


def _read(body: bytes) -> tuple[list[Unfinished], dict[str, str] | None]:
    """An answer to ListMultipartUploads, and what to ask for to get the following one."""
    try:
        root = ElementTree.fromstring(body)
        uploads = [
            Unfinished(
                _text(one, "Key"), _text(one, "UploadId"), datetime.fromisoformat(_text(one, "Initiated")).timestamp()
            )
            for one in root.iterfind("{*}Upload")
        ]
    except (ElementTree.ParseError, ValueError):
        raise Refused("its list cannot be read") from None
    if _text(root, "IsTruncated") != "true":
        return uploads, None
    return uploads, {
        "key-marker": _text(root, "NextKeyMarker"),
        "upload-id-marker": _text(root, "NextUploadIdMarker"),
    }


def _text(node: ElementTree.Element, name: str) -> str:
    return node.findtext(f"{{*}}{name}") or ""
