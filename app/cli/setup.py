"""Setting up: the schema and the first administrator."""

import click

from app.cli import in_words
from app.db import now_utc
from app.services import ownership, schema, sites, users


@click.command()
def upgrade() -> None:
    """Bring the database to this version."""
    in_words(schema.upgrade)


@click.command("create-admin")
@click.argument("name")
@click.option("--site", default="MAIN", help="Code of the site; it is made when there is none yet.")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, envvar="GONGXU_ADMIN_PASSWORD")
def create_admin(name: str, site: str, password: str) -> None:
    """Make the first administrator; there is no default password."""
    in_words(sites.ensure, site, now_utc())
    in_words(users.create, site, name, password, ["admin"], None, now_utc())
    click.echo(f"{name} may sign in now.")


@click.command("grant")
@click.argument("role")
def grant(role: str) -> None:
    """Let ROLE run the application on PostgreSQL without owning its tables."""
    count = in_words(ownership.grant, role)
    click.echo(f"{role} may use {count} tables; what is append-only it may only add to.")


commands = [upgrade, create_admin, grant]
