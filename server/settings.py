"""Settings from ``MADANG_*`` variables, checked once at start; a complaint names the variable."""

from __future__ import annotations

import difflib
import ipaddress
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from server.addresses import Bucket, bucket_at, database_at, path_prefix, redis_at

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Registration = Literal["open", "invitation", "closed"]
DirectMessages = Literal["everyone", "contacts"]
MetricsAccess = Literal["admin", "local", "everyone"]

PREFIX = "MADANG_"
_ANY_ADDRESS = {"0.0.0.0", "::"}
_DEFAULT_PORTS = {"http": 80, "https": 443}
_OPTIONS = {"data_dir": "--data"}
"""Options of the command line that are not named like their variable."""
FIRST_PORT = 8001
"""Where the first of several workers listens, if nothing is said: `nginx.conf` looks for them from there on."""


class SettingsError(Exception):
    """The settings cannot be used; ``complaints`` has a sentence for each that is wrong."""

    def __init__(self, complaints: list[str]) -> None:
        super().__init__("\n".join(complaints))
        self.complaints = complaints


@dataclass(frozen=True, slots=True)
class Rate:
    """``burst`` at once, then ``per_second``."""

    burst: int
    per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this server is to run. Read from the environment, or built directly in tests."""

    host: str = "127.0.0.1"
    port: int = 8000
    """Of several workers, the first one's; the others follow. Of one of them, its own."""
    data_dir: Path = Path("data")
    database_url: str | None = field(default=None, repr=False)
    """A PostgreSQL, instead of the SQLite file in the data folder. It may hold a password."""
    public_url: str | None = None
    """The address people type, when it is not this machine's own: https://talk.example.org"""
    allowed_origins: tuple[str, ...] = ()
    """Origins of other pages that may use this server with cookies; ``origins`` has the whole list."""
    registration: Registration = "open"
    direct_messages: DirectMessages = "everyone"
    """Who may write to whom directly: everyone to everyone, or contacts to contacts. A block goes before it."""
    server_name: str = "Madang"
    welcome_conversation: int | None = None
    """The open conversation that every new account joins, by the number in its address: 12 of /c/12."""
    message_rate: Rate | None = Rate(60, 2.0)
    """Messages of one account; ``None`` for no limit."""
    max_file_bytes: int = 100_000_000
    file_quota_bytes: int | None = None
    """How much the files of one account may have together; ``None`` for no limit."""
    files_url: Bucket | None = None
    """The bucket where files lie; ``None``: in a folder of ``data_dir``."""
    accel_prefix: str | None = None
    """Where nginx has that folder: it sends the files itself, when a worker says which."""
    trusted_proxies: tuple[Network, ...] = ()
    """Whose ``X-Forwarded-For`` is believed."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "text"] | None = None
    """``None``: JSON, but text for a person at a terminal."""
    metrics_access: MetricsAccess = "local"
    """Who reads /metrics: only signed-in admins, also whoever asks from this machine itself, or everyone."""
    link_previews: bool = False
    """Whether the server asks the pages that people link to what they are."""
    workers: int = 1
    """How many processes share the work, on the ports from ``port`` on, or on sockets in ``socket_dir``."""
    worker: str | None = None
    """Which of several this process is; ``None`` for the only one, and for who starts them all."""
    socket_dir: Path | None = None
    """Where workers listen on Unix sockets named like them, instead of on ports."""
    redis_url: str | None = field(default=None, repr=False)
    """Where workers meet, with user and password: rediss://name:secret@redis.example.org:6380"""
    password_cost: int = 12
    """The work factor of bcrypt. Not a variable: only tests have a reason to lower it."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], **overrides: Any) -> Settings:
        """The settings that ``environ`` asks for; an override that is not ``None`` (an option of the
        command line) goes before its variable.

        An empty variable counts as not set. Raises SettingsError with everything that is wrong.
        """
        given = {name: value for name, value in environ.items() if name.startswith(PREFIX) and value.strip()}
        complaints = [_unknown(name) for name in given if name not in _PARSERS]
        values: dict[str, Any] = {}
        for variable, parse in _PARSERS.items():
            name = variable.removeprefix(PREFIX).lower()
            override = overrides.get(name)
            if override is None and variable not in given:
                continue
            label = variable if override is None else _OPTIONS.get(name, f"--{name.replace('_', '-')}")
            text = given[variable] if override is None else str(override)
            try:
                values[name] = parse(text.strip())
            except ValueError as error:
                complaints.append(f"{label}: {error}")
        if complaints:
            raise SettingsError(complaints)
        settings = cls(**values)
        if settings.files_url and settings.accel_prefix:
            raise SettingsError(["MADANG_ACCEL_PREFIX: nginx sends files from the disk, not from MADANG_FILES_URL."])
        if "registration" not in values and not settings.is_local:
            values["registration"] = "invitation"
        if "port" not in values and settings.is_one_of_many:
            values["port"] = FIRST_PORT + _number_of(settings.worker_name) - 1
        return cls(**values)

    @property
    def worker_name(self) -> str:
        """What session ids of this process begin with."""
        return self.worker or "w1"

    @property
    def is_one_of_many(self) -> bool:
        """Whether there are more processes than this one, with something in front that leads people to them."""
        return self.workers > 1 or self.worker is not None

    @property
    def lacking_for_many(self) -> list[str]:
        """What several workers need and is not set: a sentence each that begins with the variable."""
        if not self.is_one_of_many:
            return []
        needed = {
            "MADANG_DATABASE_URL": "several workers share a PostgreSQL: postgresql://... A SQLite file is for one.",
            "MADANG_REDIS_URL": "several workers tell each other through Redis what happens: redis://...",
        }
        return [
            f"{variable}: {why}"
            for variable, why in needed.items()
            if not getattr(self, variable.removeprefix(PREFIX).lower(), None)
        ]

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches the server: it listens on loopback, and nothing leads in from outside."""
        return (
            is_loopback(self.host)
            and (self.public_url is None or is_loopback(_host_of(self.public_url)))
            and not self.is_one_of_many
        )

    @property
    def database(self) -> Path | str:
        """Where the database is: an address of PostgreSQL, or the SQLite file."""
        return self.database_url or self.data_dir / "madang.db"

    @property
    def database_name(self) -> str:
        """The same for people to read, without a password."""
        if not self.database_url:
            return f"in {self.data_dir}"
        parts = urlsplit(self.database_url)
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.path.strip('/') or 'of PostgreSQL'} at {host or 'this machine'}"

    @property
    def address(self) -> str:
        """The address to open in a browser."""
        if self.public_url:
            return self.public_url
        host = "localhost" if is_loopback(self.host) or self.host in _ANY_ADDRESS else self.host
        return _origin("http", host, self.port)

    @property
    def origins(self) -> frozenset[str]:
        """Every origin whose pages may use this server: its own addresses, and the allowed ones."""
        own = {_origin("http", host, self.port) for host in ("localhost", "127.0.0.1", "::1")}
        if self.host not in _ANY_ADDRESS:
            own.add(_origin("http", self.host, self.port))
        if self.public_url:
            own.add(origin_of(self.public_url))
        return frozenset(own | set(self.allowed_origins))

    @property
    def is_https(self) -> bool:
        """Whether people come by https, so that cookies may insist on it."""
        return self.address.startswith("https://")


def is_loopback(host: str) -> bool:
    """Whether ``host``, a name or an address, is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost" or host.lower().endswith(".localhost")


def origin_of(url: str) -> str:
    """The origin of ``url`` as browsers write it: small letters, punycode, no port where it is the usual one.

    Raises ValueError with a sentence when it is no http or https address.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"{url!r} is not an address.") from None
    if parts.scheme not in _DEFAULT_PORTS or not host or re.search(r"[\s*\\]", url):
        raise ValueError(f"{url!r} is not an address like https://talk.example.org.")
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address with a user name in it cannot be used.")
    return _origin(parts.scheme, host, port)


def _origin(scheme: str, host: str, port: int | None) -> str:
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            raise ValueError(f"{host!r} is not a host name.") from None
    name = f"[{host.lower()}]" if ":" in host else host.lower()
    return f"{scheme}://{name}" if port in (None, _DEFAULT_PORTS[scheme]) else f"{scheme}://{name}:{port}"


def _host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, _PARSERS, n=1, cutoff=0.7)
    return f"{name}: there is no such setting." + (f" Is {near[0]} meant?" if near else "")


# One function for each kind of value: the value, or a ValueError with a sentence.


def _host(text: str) -> str:
    if re.fullmatch(r"\[[0-9A-Fa-f:.%]+\]", text):
        text = text[1:-1]
    if not re.fullmatch(r"[\w.:%-]+", text) or (":" in text and not _is_address(text)):
        raise ValueError(f"{text!r} is not a host name or an address to listen on, like 127.0.0.1 or 0.0.0.0.")
    return text


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _whole(text: str, lowest: int, highest: int, what: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", text) or not lowest <= int(text) <= highest:
        raise ValueError(f"{text!r} is not {what}: a whole number from {lowest} to {highest} is needed.")
    return int(text)


def _port(text: str) -> int:
    return _whole(text, 0, 65535, "a port")


def _max_file_bytes(text: str) -> int:
    return _whole(text, 1, 10**12, "a size in bytes")


def _file_quota_bytes(text: str) -> int | None:
    return None if text == "off" else _whole(text, 1, 10**15, "a size in bytes, or off")


def _workers(text: str) -> int:
    return _whole(text, 1, 64, "a number of workers")


def _welcome_conversation(text: str) -> int:
    return _whole(text, 1, 10**15 - 1, "the number of a conversation")


def _worker(text: str) -> str:
    # It heads session ids, and nginx looks it up as it does host names: without regard to case, up to the first dot.
    if not re.fullmatch(r"[a-z][a-z0-9]{0,15}", text):
        raise ValueError(f"{text!r} is not a worker's name like w3: small letters and digits, sixteen at most.")
    return text


def _number_of(worker: str) -> int:
    """3 for w3, and 1 for a name without a number: where it stands among those that follow the first port."""
    found = re.fullmatch(r"w([1-9][0-9]{0,2})", worker)
    return int(found[1]) if found else 1


def _folder(text: str) -> Path:
    path = Path(text).expanduser()
    if "\0" in text or (path.exists() and not path.is_dir()):
        raise ValueError(f"{text!r} is not a folder.")
    return path


def _public_url(text: str) -> str:
    origin = origin_of(text)
    parts = urlsplit(text)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(f"{text!r} has a path; Madang needs a host name of its own, like https://talk.example.org.")
    return origin


def _allowed_origins(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_one_origin(part) for part in re.split(r"[\s,]+", text) if part))


def _one_origin(text: str) -> str:
    if text in ("*", "null"):
        raise ValueError(f"{text!r} would let every page in; name the origins, like https://app.example.org.")
    origin = origin_of(text)
    parts = urlsplit(text)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(f"{text!r} has a path; an origin is only scheme, host and port, like {origin}.")
    return origin


def _server_name(text: str) -> str:
    if len(text) > 60 or not text.isprintable():
        raise ValueError("a name of at most 60 printable characters is needed.")
    return text


def _message_rate(text: str) -> Rate | None:
    if text == "off":
        return None
    found = re.fullmatch(r"(\d{1,6}):(\d{1,6}(?:\.\d{1,6})?)", text, re.ASCII)
    if not found or int(found[1]) < 1 or not math.isfinite(float(found[2])) or float(found[2]) <= 0:
        raise ValueError(f"{text!r} is neither a rate like 60:2 (60 at once, then 2 a second) nor off.")
    return Rate(int(found[1]), float(found[2]))


def _trusted_proxies(text: str) -> tuple[Network, ...]:
    return tuple(_network(part) for part in re.split(r"[\s,]+", text) if part)


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise ValueError(f"{text!r} is not an address or a network like 127.0.0.1 or 10.0.0.0/8.") from None


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"{text!r} is not one of {', '.join(choices)}.")
        return text

    return parse


_PARSERS: dict[str, Callable[[str], Any]] = {
    "MADANG_HOST": _host,
    "MADANG_PORT": _port,
    "MADANG_DATA_DIR": _folder,
    "MADANG_DATABASE_URL": database_at,
    "MADANG_PUBLIC_URL": _public_url,
    "MADANG_ALLOWED_ORIGINS": _allowed_origins,
    "MADANG_REGISTRATION": _one_of("open", "invitation", "closed"),
    "MADANG_DIRECT_MESSAGES": _one_of("everyone", "contacts"),
    "MADANG_SERVER_NAME": _server_name,
    "MADANG_WELCOME_CONVERSATION": _welcome_conversation,
    "MADANG_MESSAGE_RATE": _message_rate,
    "MADANG_MAX_FILE_BYTES": _max_file_bytes,
    "MADANG_FILE_QUOTA_BYTES": _file_quota_bytes,
    "MADANG_FILES_URL": bucket_at,
    "MADANG_ACCEL_PREFIX": path_prefix,
    "MADANG_TRUSTED_PROXIES": _trusted_proxies,
    "MADANG_LOG_LEVEL": _one_of("debug", "info", "warning", "error"),
    "MADANG_LOG_FORMAT": _one_of("json", "text"),
    "MADANG_LINK_PREVIEWS": lambda text: _one_of("off", "on")(text) == "on",
    "MADANG_METRICS_ACCESS": _one_of("admin", "local", "everyone"),
    "MADANG_REDIS_URL": redis_at,
    "MADANG_WORKERS": _workers,
    "MADANG_WORKER": _worker,
    "MADANG_SOCKET_DIR": _folder,
}

VARIABLES = tuple(_PARSERS)
"""Every variable there is, in the order of the documents."""
