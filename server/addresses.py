"""Addresses in settings that lead to what stands behind the server."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlsplit

_LIKE = "s3://bucket/prefix?endpoint=https://s3.example.org&region=eu-central-1"
_OPTIONS = ("endpoint", "region", "addressing")


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of an S3 server, or a part of it. Who may enter is not said here."""

    name: str
    prefix: str = ""
    """What all names in it begin with, before a slash; without slashes at its ends."""
    endpoint: str = ""
    """The server's address; empty for that of AWS in the region."""
    region: str = ""
    is_virtual_hosted: bool = False
    """Whether the bucket's name stands before the server's, and not behind it."""

    def completed(self, environ: Mapping[str, str]) -> Bucket:
        """With what the usual ``AWS_*`` variables say about the rest."""
        endpoint = self.endpoint or environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL") or ""
        region = self.region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1"
        return replace(self, endpoint=endpoint.rstrip("/"), region=region)

    @property
    def base_url(self) -> str:
        """Where its objects lie, without a slash at the end."""
        scheme, _, host = (self.endpoint or f"https://s3.{self.region}.amazonaws.com").partition("://")
        return f"{scheme}://{self.name}.{host}" if self.is_virtual_hosted else f"{scheme}://{host}/{self.name}"


def bucket_at(text: str) -> Bucket:
    """The bucket that an address like ``s3://bucket/prefix?endpoint=...&region=...`` names.

    Raises ValueError with a sentence, which does not repeat the address: somebody may have put keys into it.
    """
    try:
        parts = urlsplit(text)
        given = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise ValueError(f"this is not an address like {_LIKE}.") from None
    if parts.scheme != "s3" or parts.fragment:
        raise ValueError(f"an address like {_LIKE} is needed.")
    if "@" in parts.netloc:
        raise ValueError("keys do not belong in the address, but in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}", parts.netloc):
        raise ValueError(f"behind s3:// stands the name of a bucket, as in {_LIKE}.")
    prefix = parts.path.strip("/")
    if prefix and not all(re.fullmatch(r"(?!\.+$)[\w.!'()-]+", part, re.ASCII) for part in prefix.split("/")):
        raise ValueError("what stands behind the bucket may have letters, digits and -_.!'() between its slashes.")
    bucket = _with_options(Bucket(parts.netloc, prefix), given)
    if importlib.util.find_spec("obstore") is None:
        raise ValueError("files in a bucket need obstore, which is not installed: pip install 'madang[s3]'.")
    return bucket


def database_at(text: str) -> str:
    """The address of a PostgreSQL, as it is. Raises ValueError with a sentence, as all of these do."""
    # What is complained of is not repeated: there may be a password in it.
    try:
        parts = urlsplit(text)
        readable = parts.port is None or parts.port > 0
    except ValueError:
        readable = False
    if not readable or re.search(r"[\s\x00-\x1f]", text):
        raise ValueError("this is not an address like postgresql://user@host:5432/madang.")
    if re.search(r"%(?:00|(?![0-9A-Fa-f]{2}))", text):
        raise ValueError("a % in a password is written as %25 in the address.")
    if parts.scheme not in ("postgresql", "postgres"):
        raise ValueError("an address that begins with postgresql:// is needed; without any, there is a SQLite file.")
    return text


def path_prefix(text: str) -> str:
    """A path with a slash at both ends."""
    if not re.fullmatch(r"/([\w-]+/)+", text, re.ASCII):
        raise ValueError(f"{text!r} is not a path like /internal-files/, with a slash at both ends.")
    return text


def _with_options(bucket: Bucket, given: list[tuple[str, str]]) -> Bucket:
    options = dict(given)
    for name in options:
        if name not in _OPTIONS or len(options) < len(given):
            raise ValueError(f"behind the question mark stand {', '.join(_OPTIONS)}, each once at most.")
    region, addressing = options.get("region", ""), options.get("addressing", "path")
    if not re.fullmatch(r"[a-z0-9-]{0,40}", region):
        raise ValueError("the region is a word like eu-central-1.")
    if addressing not in ("path", "virtual"):
        raise ValueError("addressing is path (https://server/bucket) or virtual (https://bucket.server).")
    return replace(
        bucket,
        endpoint=_endpoint(options.get("endpoint", "")),
        region=region,
        is_virtual_hosted=addressing == "virtual",
    )


def _endpoint(text: str) -> str:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    plain = parts.path in ("", "/") and not parts.query and not parts.fragment and "@" not in parts.netloc
    if text and not (parts.scheme in ("http", "https") and parts.hostname and plain and port != 0):
        raise ValueError("the endpoint is an address like https://s3.example.org or http://127.0.0.1:8333.")
    return text.rstrip("/")


_REDIS_OPTIONS = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_password", "ssl_cert_reqs", "ssl_check_hostname")


def redis_at(text: str) -> str:
    """The address of a Redis, as it is written. Raises ValueError with a sentence that repeats nothing of it."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        raise ValueError("this is not an address like redis://redis.example.org:6379.") from None
    if parts.scheme not in ("redis", "rediss", "unix"):
        raise ValueError("an address that begins with redis://, rediss:// or unix:// is needed.")
    is_socket = parts.scheme == "unix"
    if parts.fragment or port == 0 or not (host or is_socket):
        raise ValueError(
            "this is not an address like redis://name:password@redis.example.org:6379; characters of the password "
            "like / ? # @ are written as %2F %3F %23 %40."
        )
    if is_socket and not parts.path.strip("/"):
        raise ValueError("behind unix:// the path of a socket is needed, like unix:///run/redis/redis.sock.")
    if not is_socket and not re.fullmatch(r"/?[0-9]{0,5}", parts.path):
        raise ValueError("behind the address only the number of a database can stand, like /0.")
    allowed = {"rediss": _REDIS_OPTIONS, "unix": ("db", "password")}.get(parts.scheme, ())
    if not options.keys() <= set(allowed) or not re.fullmatch(r"[0-9]{1,5}", options.get("db", "0")):
        raise ValueError(
            f"behind the ? of {parts.scheme}:// can stand {', '.join(allowed)}." if allowed else "no ? can stand in it."
        )
    return text
