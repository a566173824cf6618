"""``./gongxu verify``: do counters, flow, stock and the chain of events agree with the rows?"""

import json
import sys

import click

from app.db import db
from app.queries.differences import differences


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON line for programs.")
def verify(as_json: bool) -> None:
    """Recompute all counters and the chain of events; ends with 1 and names what differs."""
    found = list(differences(db.session))
    if as_json:
        click.echo(json.dumps({"clean": not found, "differences": [row._asdict() for row in found]}))
    elif found:
        for row in found:
            click.echo(f"{row.what} {row.id}: {row.field} is {row.stored}, the rows say {row.counted}", err=True)
    else:
        click.echo("clean: counters, flow, stock and the chain of events agree with the rows")
    sys.exit(1 if found else 0)


commands = [verify]
