"""``madang ...``: the command line (also ``python -m server``)."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click

from server import __version__, app
from server.clock import now
from server.errors import ChatError
from server.moving import move
from server.protocol.chat import ServerRole
from server.services.accounts import Accounts
from server.services.attempts import Attempts
from server.services.passwords import Passwords
from server.settings import Settings, SettingsError
from server.storage.database import Database
from server.storage.moving import CannotMove

T = TypeVar("T")

_data_option = click.option(
    "--data", "data_dir", type=click.Path(path_type=Path), metavar="DIR", help="The data folder (MADANG_DATA_DIR)."
)
_password_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from the first line of standard input."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="madang")
def main() -> None:
    """Madang: a chat and notification server with its own web app."""


@main.command()
@click.option("--port", metavar="N", help="The port to listen on (MADANG_PORT; 8000).")
@_data_option
@click.option("--host", metavar="H", help="The address to listen on (MADANG_HOST; 127.0.0.1).")
def serve(port: str | None, data_dir: Path | None, host: str | None) -> None:
    """Start the server. Settings come from MADANG_* variables; an option goes before its variable."""
    settings = _settings(port=port, data_dir=data_dir, host=host)
    _check_address(settings)
    first, claim = _run(settings, _before_start)
    click.echo(_greeting(settings, first, claim))
    app.run(settings)


@main.command("move")
@click.option("--from", "source", metavar="sqlite:PATH", required=True, help="The embedded database, or its folder.")
@click.option(
    "--to",
    "target",
    metavar="postgresql://...",
    envvar="MADANG_DATABASE_URL",
    required=True,
    help="The PostgreSQL database, new or empty (MADANG_DATABASE_URL).",
)
@click.option("--anew", is_flag=True, help="Throw away what an unfinished move has left in the target.")
def run_move(source: str, target: str, anew: bool) -> None:
    """Copy an embedded database to PostgreSQL and compare both; the same command goes on after an interruption.

    The server has to be stopped. The exit code is 1 when anything differs.
    """
    try:
        equal = move(source, target, anew=anew)
    except CannotMove as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        raise click.ClickException("Interrupted. The same command goes on from there.") from None
    sys.exit(0 if equal else 1)


@main.group()
def account() -> None:
    """Accounts, also while the server runs."""


@account.command("create")
@click.argument("username")
@click.option("--name", "display_name", default="", help="The name that others see; the username if left out.")
@click.option("--role", type=click.Choice(["person", "admin", "owner", "bot"]), default="person", show_default=True)
@_password_option
@_data_option
def create_account(
    username: str, display_name: str, role: ServerRole, password_stdin: bool, data_dir: Path | None
) -> None:
    """Create an account; the first one owns the server."""
    settings = _settings(data_dir=data_dir)
    password = _password(password_stdin)
    made = _run(settings, lambda accounts: accounts.create(username, display_name, role, password))
    click.echo(f"Created @{made.username} ({made.role}).")


@account.command()
@click.option("--uses", type=click.IntRange(1, 10_000), default=1, show_default=True, help="How many may come.")
@click.option("--days", type=click.IntRange(1, 365), default=7, show_default=True, help="How long it is good.")
@_data_option
def invite(uses: int, days: int, data_dir: Path | None) -> None:
    """Make an invitation code and print it."""
    click.echo(_run(_existing(data_dir), lambda accounts: accounts.invite(uses, days)))


@account.command("list")
@_data_option
def list_accounts(data_dir: Path | None) -> None:
    """Print every account: id, username, role, since when, state."""
    for one in _run(_existing(data_dir), lambda accounts: accounts.list()):
        since = datetime.fromtimestamp(one.created_at / 1000, UTC).date().isoformat()
        click.echo("\t".join((str(one.id), one.username, one.role, since, "disabled" if one.disabled_at else "active")))


@account.command()
@click.argument("username")
@_data_option
def disable(username: str, data_dir: Path | None) -> None:
    """Sign an account out everywhere and let nobody sign in as it any more."""
    gone = _run(_existing(data_dir), lambda accounts: accounts.disable(username))
    click.echo(f"Disabled @{gone.username}; all its devices are signed out.")


@account.command("set-password")
@click.argument("username")
@_password_option
@_data_option
def set_password(username: str, password_stdin: bool, data_dir: Path | None) -> None:
    """Give an account a new password and sign it out everywhere."""
    settings = _existing(data_dir)
    password = _password(password_stdin)
    changed = _run(settings, lambda accounts: accounts.set_password(username, password))
    click.echo(f"@{changed.username} has a new password; all its devices are signed out.")


def _settings(**overrides: object) -> Settings:
    """The settings, or the end of the program with what is wrong."""
    try:
        return Settings.from_environment(os.environ, **overrides)
    except SettingsError as error:
        for complaint in error.complaints:
            click.echo(complaint, err=True)
        sys.exit(2)


def _existing(data_dir: Path | None) -> Settings:
    """The settings, where there is a database: a typing error in the folder's name must not make a new one."""
    settings = _settings(data_dir=data_dir)
    if isinstance(settings.database, Path) and not settings.database.exists():
        raise click.ClickException(f"There is no Madang database in {settings.data_dir} (--data or MADANG_DATA_DIR).")
    return settings


def _run(settings: Settings, work: Callable[[Accounts], Awaitable[T]]) -> T:
    """Opens the database beside a server that may be running, and does ``work`` with its accounts."""
    try:
        return asyncio.run(_with_accounts(settings, work))
    except ChatError as error:
        raise click.ClickException(error.message) from None
    except OSError as error:
        raise click.ClickException(f"The data folder {settings.data_dir} cannot be used: {error}") from None


async def _with_accounts(settings: Settings, work: Callable[[Accounts], Awaitable[T]]) -> T:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    db = Database(settings.database)
    hashes = Passwords(settings.password_cost)
    try:
        await db.open()
    except Exception as error:  # whatever kind: a newcomer's folder is the likeliest reason for a first failure
        hashes.close()
        raise click.ClickException(f"The database {settings.database_name} cannot be opened: {error}") from error
    try:
        return await work(
            Accounts(db, now, hashes, Attempts(), registration=settings.registration, is_local=settings.is_local)
        )
    finally:
        hashes.close()
        await db.close()


async def _before_start(accounts: Accounts) -> tuple[bool, str | None]:
    return await accounts.is_first(), await accounts.new_claim()


def _greeting(settings: Settings, first: bool, claim: str | None) -> str:
    """Where the server is, and what to do next."""
    where = "" if settings.data_dir == Settings().data_dir else f" --data {settings.data_dir}"
    lines = [f"Madang {__version__} is starting at {settings.address}", f"Data: {settings.data_dir.resolve()}"]
    if first and claim:
        lines.append(f"Open the address and create the first account, which owns the server. Claim code: {claim}")
    elif first:
        lines.append("Open the address and create the first account, which owns the server.")
    elif settings.registration == "invitation":
        lines.append(f"People sign up by invitation: `madang account invite{where}` makes a code.")
    elif settings.registration == "closed":
        lines.append(f"Nobody signs up by themselves: `madang account create NAME{where}` makes an account.")
    if not settings.is_local and not settings.public_url:
        lines.append(f"Set MADANG_PUBLIC_URL to the address people type, if it is not {settings.address}.")
    lines.append("Stop with Ctrl-C.")
    return "\n".join(lines)


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _check_address(settings: Settings) -> None:
    """Ends the program with a sentence when the port cannot be had, before anything is changed."""
    if settings.port == 0:
        return
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in found:
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind(address)
    except OSError as error:
        why = "something else uses it already" if error.errno == errno.EADDRINUSE else error.strerror or str(error)
        raise click.ClickException(
            f"Cannot listen on {settings.host} port {settings.port}: {why}. MADANG_PORT or --port names another port."
        ) from None


if __name__ == "__main__":
    main()
