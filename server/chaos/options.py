"""``madang chaos`` on the command line. What it needs is imported when it runs: other commands start quicker."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from server.settings import Settings, SettingsError


@click.command("chaos")
@click.option("--runs", type=click.IntRange(1, 1000), default=3, show_default=True, help="How many, a seed each.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="The first run's seed.")
@click.option("--fault", "faults", multiple=True, metavar="NAME", help="Only these, in each run; may be repeated.")
@click.option("--short", is_flag=True, help="Faults last for a few seconds, and not for half a minute.")
@click.option("--workers", type=click.IntRange(1, 16), help="How many, on PostgreSQL with Redis.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False, writable=True),
    metavar="DIR",
    help="Where to keep data and histories: on the disk that is to be tried. Usually the system's temporary folder.",
)
def chaos(runs: int, seed: int, faults: tuple[str, ...], short: bool, workers: int | None, folder: Path | None) -> None:
    """Break a throw-away copy of this setup under load, and see whether any message is lost.

    Twenty clients talk while workers are killed and frozen, Redis and the database go away, lines are cut. Workers,
    database and folder are the run's own; your Redis and PostgreSQL (MADANG_REDIS_URL, MADANG_DATABASE_URL) are used by
    proxies. Nothing of yours is changed. The exit code is 1 when a promise was broken or a run does not count.
    """
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        for complaint in error.complaints:
            click.echo(complaint, err=True)
        sys.exit(2)
    from server.chaos import command  # noqa: PLC0415

    wish = command.Wish(runs, seed, faults, 0.1 if short else 1.0, workers, folder)
    try:
        is_clean = command.run(settings, wish, click.echo)
    except command.CannotRun as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    sys.exit(0 if is_clean else 1)
