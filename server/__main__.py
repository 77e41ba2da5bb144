"""``madang ...``: the command line (also ``python -m server``)."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NoReturn, TypeVar

import click

from server import __version__, doctor, logs, supervisor
from server.chaos.options import chaos
from server.checking import commands as checking
from server.clock import now
from server.errors import ChatError
from server.moving import move
from server.protocol.chat import ServerRole
from server.reindexing import run_reindex
from server.services.accounts import Accounts
from server.services.attempts import Attempts
from server.services.passwords import Passwords
from server.settings import Settings, SettingsError
from server.storage.database import Database
from server.storage.moving import CannotMove
from server.workers import Place, check_free, places_of

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
@click.option("--workers", metavar="N", help="How many processes (MADANG_WORKERS; 1): ports 8001, 8002 and so on.")
@click.option(
    "--worker", metavar="NAME", help="Be one of several, like w3, that something else starts (MADANG_WORKER)."
)
@click.option("--socket-dir", metavar="DIR", help="Listen on Unix sockets there, not on ports (MADANG_SOCKET_DIR).")
@click.option("--supervised", is_flag=True, hidden=True)
def serve(supervised: bool, **options: object) -> None:
    """Start the server. Settings come from MADANG_* variables; an option goes before its variable."""
    settings = _settings(**options)
    if lacking := settings.lacking_for_many:
        _give_up(lacking)
    _check_places(settings)
    if supervised:
        supervisor.end_with_parent()
        # A database that cannot be opened is told in a sentence, as often as this worker is started again.
        _run(settings, lambda accounts: accounts.is_first())
        _serve_here(settings)
    elif settings.workers == 1 or settings.worker:
        first, claim = _run(settings, partial(_before_start, settings))
        click.echo(_greeting(settings, first, claim))
        _serve_here(settings)
    else:
        _serve_with_workers(settings)


@main.command()
@_data_option
def restart(data_dir: Path | None) -> None:
    """Restart the workers of a running `madang serve --workers N`, each when the one before is ready again."""
    folder = _settings(data_dir=data_dir).data_dir
    try:
        done = supervisor.follow_restart(folder, click.echo)
    except supervisor.NotRunning as error:
        raise click.ClickException(str(error)) from None
    except PermissionError:
        raise click.ClickException("The workers belong to another user of this machine; ask as that one.") from None
    if not done:
        sys.exit(1)


@main.command("doctor")
@_data_option
@click.option("--port", metavar="N", help="Where the server listens, if it was started with --port.")
@click.option("--workers", metavar="N", help="How many workers there are, if it was started with --workers.")
@click.option("--socket-dir", metavar="DIR", help="Where its sockets are, if it was started with --socket-dir.")
def run_doctor(**options: object) -> None:
    """Look at settings, database, Redis, files, workers, clocks and nginx; the exit code is 1 if something is wrong."""
    try:
        settings = Settings.from_environment(os.environ, **options)
    except SettingsError as error:
        for complaint in error.complaints:
            click.echo(doctor.Finding("settings", complaint, "wrong"))
        sys.exit(1)
    if asyncio.run(_print_findings(settings)):
        sys.exit(1)


async def _print_findings(settings: Settings) -> int:
    """How many of them are wrong."""
    wrong = 0
    async for finding in doctor.examine(settings):
        click.echo(finding)
        wrong += finding.state == "wrong"
    return wrong


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


for other_command in (*checking.COMMANDS, run_reindex, chaos):
    main.add_command(other_command)


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
    """Sign an account out everywhere; nobody signs in as it any more, nor writes to it."""
    gone = _run(_existing(data_dir), lambda accounts: accounts.disable(username))
    click.echo(f"Disabled @{gone.username}; all its devices are signed out.")


@account.command()
@click.argument("username")
@_data_option
def enable(username: str, data_dir: Path | None) -> None:
    """Let a disabled account sign in again, with the password it had."""
    back = _run(_existing(data_dir), lambda accounts: accounts.enable(username))
    click.echo(f"Enabled @{back.username}; it signs in with the password it had.")


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


def _serve_here(settings: Settings) -> None:
    # Only here: other commands, and the parent of workers, are quicker and smaller without.
    from server import app  # noqa: PLC0415

    app.run(settings)


def _serve_with_workers(settings: Settings) -> None:
    """Starts the workers, each a process of its own, and stays as their parent."""
    files = supervisor.PidFile(settings.data_dir)
    try:
        with files.held() as pid_file:
            first, claim = _run(settings, partial(_before_start, settings))
            click.echo(_greeting(settings, first, claim))
            logs.set_up(settings.log_level, settings.log_format)
            supervisor.supervise(places_of(settings), partial(_worker_command, settings), files, pid_file)
    except supervisor.Taken as taken:
        raise click.ClickException(
            f"Workers run from {settings.data_dir} already (process {taken.pid}). `madang restart` restarts them."
        ) from None
    except OSError as error:
        raise click.ClickException(f"The data folder {settings.data_dir} cannot be used: {error}") from None


def _worker_command(settings: Settings, place: Place) -> list[str]:
    """Starts one of the workers, in the same way as this process was started itself."""
    ourselves = sys.orig_argv[1 : len(sys.orig_argv) - len(sys.argv) + 1]
    options = {"worker": place.worker, "workers": settings.workers, "host": place.host, "port": place.port}
    folders = {"data": settings.data_dir, "socket-dir": settings.socket_dir}
    given = [f"--{name}={value}" for name, value in (options | folders).items() if value is not None]
    return [sys.executable, *ourselves, "serve", "--supervised", *given]


def _settings(**overrides: object) -> Settings:
    """The settings, or the end of the program with what is wrong."""
    try:
        return Settings.from_environment(os.environ, **overrides)
    except SettingsError as error:
        _give_up(error.complaints)


def _give_up(complaints: list[str]) -> NoReturn:
    for complaint in complaints:
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
    try:
        db = Database(settings.database)
    except RuntimeError as error:
        raise click.ClickException(f"MADANG_DATABASE_URL: {error}") from None
    hashes = Passwords(settings.password_cost)
    try:
        await db.open()
    except Exception as error:  # whatever kind: a newcomer's folder is the likeliest reason for a first failure
        hashes.close()
        raise click.ClickException(f"The database {settings.database_name} cannot be opened: {error}") from error
    try:
        return await work(
            Accounts(
                db,
                now,
                hashes,
                Attempts(),
                registration=settings.registration,
                is_local=settings.is_local,
                welcome_conversation=settings.welcome_conversation,
            )
        )
    finally:
        hashes.close()
        await db.close()


async def _before_start(settings: Settings, accounts: Accounts) -> tuple[bool, str | None]:
    """Whether the first account is still to come, and the code that it takes.

    A new code makes the last one worthless: of several workers that are started one by one, only w1 makes it.
    """
    first = await accounts.is_first()
    return first, await accounts.new_claim() if settings.worker in (None, "w1") else None


def _greeting(settings: Settings, first: bool, claim: str | None) -> str:
    """Where the server is, and what to do next."""
    where = "" if settings.data_dir == Settings().data_dir else f" --data {settings.data_dir}"
    behind = f", behind {settings.public_url}" if settings.is_one_of_many and settings.public_url else ""
    lines = [f"Madang {__version__} is starting {_where(settings)}{behind}", f"Data: {settings.data_dir.resolve()}"]
    if first and not claim and not settings.is_local:
        lines.append("The first account, which owns the server, takes the claim code that w1 prints.")
    elif first and claim:
        lines.append(f"Open the address and create the first account, which owns the server. Claim code: {claim}")
    elif first:
        lines.append("Open the address and create the first account, which owns the server.")
    elif settings.registration == "invitation":
        lines.append(f"People sign up by invitation: `madang account invite{where}` makes a code.")
    elif settings.registration == "closed":
        lines.append(f"Nobody signs up by themselves: `madang account create NAME{where}` makes an account.")
    if settings.is_one_of_many and not settings.public_url:
        lines.append(
            "Set MADANG_PUBLIC_URL to the address people type: the one of nginx, which stands before the workers."
        )
    elif not settings.is_local and not settings.public_url:
        lines.append(f"Set MADANG_PUBLIC_URL to the address people type, if it is not {settings.address}.")
    lines.append("Stop with Ctrl-C.")
    return "\n".join(lines)


def _where(settings: Settings) -> str:
    """Where it listens, as the first line of the greeting ends."""
    places = places_of(settings)
    if not settings.is_one_of_many:
        return f"on {places[0]}" if places[0].socket else f"at {settings.address}"
    names = (
        places[0].worker if len(places) == 1 else f"{len(places)} workers, {places[0].worker} to {places[-1].worker},"
    )
    if places[0].socket:
        return f"{names} on {places[0] if len(places) == 1 else f'sockets in {settings.socket_dir}'}"
    ports = f"port {places[0].port}" if len(places) == 1 else f"ports {places[0].port} to {places[-1].port}"
    return f"{names} on {settings.host} {ports}"


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _check_places(settings: Settings) -> None:
    """Ends the program with a sentence when a port or a socket cannot be had, before anything is changed."""
    if settings.port == 0 and settings.workers > 1 and not settings.socket_dir:
        raise click.ClickException(
            "Port 0 is any port: several workers need one that nginx knows, and that the others follow."
        )
    for place in places_of(settings):
        try:
            check_free(place)
        except OSError as error:
            why = "something else uses it already" if error.errno == errno.EADDRINUSE else error.strerror or str(error)
            another = (
                "MADANG_SOCKET_DIR or --socket-dir names another folder."
                if place.socket
                else "MADANG_PORT or --port names another port."
            )
            raise click.ClickException(f"Cannot listen on {place}: {why}. {another}") from None


if __name__ == "__main__":
    main()
