"""The commands as they are typed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from server.checking import check, print_digests, rebuild
from server.files.places import store_for
from server.settings import Settings, SettingsError
from server.storage.checking import CannotCheck

_data_option = click.option(
    "--data", "data_dir", type=click.Path(path_type=Path), metavar="DIR", help="The data folder (MADANG_DATA_DIR)."
)


class _CannotSay(click.ClickException):
    """Neither yes nor no."""

    exit_code = 2


@click.command("check")
@_data_option
@click.option("--no-files", is_flag=True, help="Leave the bytes of files alone: a large bucket takes long.")
def run_check(data_dir: Path | None, no_files: bool) -> None:
    """Look whether all that is stored fits together; the exit code is 1 when something is wrong, 2 when nobody can say.

    Logs and their hashes, heads, what was made of the log, inboxes, files. Nothing is changed; a server may run
    meanwhile. Also for a backup: --data names its folder.
    """
    settings = _settings(data_dir)
    store = None if no_files else store_for(settings, os.environ)
    try:
        all_right = check(settings.database, store, name=settings.database_name)
    except CannotCheck as error:
        raise _CannotSay(str(error)) from None
    except KeyboardInterrupt:
        raise _CannotSay("Interrupted.") from None
    sys.exit(0 if all_right else 1)


@click.command("rebuild")
@_data_option
def run_rebuild(data_dir: Path | None) -> None:
    """Make anew what follows from the logs: messages as they are now, members, reactions, heads and the like.

    The server has to be stopped. Only what is wrong is written, and what was deleted stays deleted. The exit code is 1
    when something stays wrong, 2 when it could not be done; the same command goes on after an interruption.
    """
    settings = _settings(data_dir)
    try:
        all_right = rebuild(settings.database, name=settings.database_name)
    except CannotCheck as error:
        raise _CannotSay(str(error)) from None
    except KeyboardInterrupt:
        raise _CannotSay("Interrupted. The same command goes on from there.") from None
    sys.exit(0 if all_right else 1)


@click.command("digests")
@_data_option
@click.option("--up-to", type=click.IntRange(0), metavar="POSITION", help="Only entries up to there; all if left out.")
def run_digests(data_dir: Path | None, up_to: int | None) -> None:
    """Print a digest of each conversation's log: two copies of a database have the same ones.

    To compare a backup with what has been written to since, name the position that the backup's first line tells.
    """
    settings = _settings(data_dir)
    try:
        print_digests(settings.database, up_to)
    except CannotCheck as error:
        raise _CannotSay(str(error)) from None


def _settings(data_dir: Path | None) -> Settings:
    try:
        return Settings.from_environment(os.environ, data_dir=data_dir)
    except SettingsError as error:
        raise _CannotSay("\n".join(error.complaints)) from None


COMMANDS = (run_check, run_rebuild, run_digests)
