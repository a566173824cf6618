"""``./gongxu import FOLDER``: master data, register maps and orders from files."""

import sys
from pathlib import Path

import click

from app.db import now_utc
from app.services.importing import command


@click.command("import")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for programs.")
def import_(folder: Path, dry_run: bool, as_json: bool) -> None:
    """Bring a folder of CSV, Excel and YAML files in, whole or not at all."""
    sys.exit(command.run(folder, now_utc(), click.echo, None, dry_run, as_json))


commands = [import_]
