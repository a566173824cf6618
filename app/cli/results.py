"""``./gongxu results drop FOLDER``: results for another system, each row exactly once."""

from pathlib import Path

import click
from sqlalchemy import select

from app.db import db, now_utc
from app.models import Site
from app.services.results_drop import drop


@click.group()
def results() -> None:
    """Results out: completions, scrap, consumption, labour, downtime."""


@results.command("drop")
@click.argument("folder", type=click.Path(path_type=Path))
def drop_command(folder: Path) -> None:
    """Write what happened since the last drop into FOLDER, a CSV file for each kind."""
    sites = list(db.session.scalars(select(Site.id).order_by(Site.id)))
    for path in [path for site_id in sites for path in drop(site_id, folder, now_utc())]:
        click.echo(str(path))


commands = [results]
