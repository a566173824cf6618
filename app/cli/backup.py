"""``./gongxu backup`` and ``./gongxu restore``: a copy of the plant, and the plant out of a copy."""

import json
from dataclasses import asdict
from pathlib import Path

import click
from flask import current_app

from app.cli import in_words
from app.db import now_utc
from app.services import backups

_PATH = click.Path(path_type=Path)


@click.command()
@click.option("--folder", type=_PATH, help="Where to; else GONGXU_BACKUP_FOLDER, else backups/ in the home.")
@click.option("--list", "only_list", is_flag=True, help="Tell which backups there are.")
def backup(folder: Path | None, only_list: bool) -> None:
    """Copy the plant while it works; what is older is thinned by the worker, not here."""
    target = folder or Path(current_app.config["BACKUP_FOLDER"])
    if only_list:
        for one in backups.listed(target):
            click.echo(f"{one.folder}  {one.manifest.made_at}  {one.manifest.counts.get('event', 0)} events")
        return
    made = in_words(backups.make, target, now_utc())
    click.echo(str(made))


@click.command()
@click.argument("folder", type=_PATH)
@click.option("--verify", is_flag=True, help="Only prove the backup; the plant is not touched and may run.")
@click.option("--json", "as_json", is_flag=True, help="The manifest as one JSON line.")
def restore(folder: Path, verify: bool, as_json: bool) -> None:
    """Make a backup the plant's store. It is proved first; the plant must be stopped."""
    found = in_words(backups.prove, folder) if verify else in_words(backups.restore, folder, now_utc())
    if as_json:
        click.echo(json.dumps(asdict(found)))
        return
    told = f"{found.made_at}, schema {found.migration}, {found.counts.get('event', 0)} events"
    click.echo(f"{'proved' if verify else 'restored'}: {told}")
    if not verify:
        click.echo("Run ./gongxu upgrade, then ./gongxu serve.")


commands = [backup, restore]
