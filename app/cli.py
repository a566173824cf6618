"""Commands: ``./gongxu NAME``."""

import sys
from collections.abc import Callable
from typing import Any

import click
from flask import Flask

from app.db import now_utc
from app.errors import Refused
from app.words import sentence


def init_cli(app: Flask) -> None:
    """Hang in the commands."""
    app.cli.add_command(upgrade)
    app.cli.add_command(create_admin)


@click.command()
def upgrade() -> None:
    """Bring the database to this version."""
    from app.services import schema

    _in_words(schema.upgrade)


@click.command("create-admin")
@click.argument("name")
@click.option("--site", default="MAIN", help="Code of the site; it is made when there is none yet.")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, envvar="GONGXU_ADMIN_PASSWORD")
def create_admin(name: str, site: str, password: str) -> None:
    """Make the first administrator; there is no default password."""
    from app.services import sites, users

    def make() -> None:
        sites.ensure(site, now_utc())
        users.create(site, name, password, ["admin"], None, now_utc())

    _in_words(make)
    click.echo(f"{name} may sign in now.")


def _in_words(action: Callable[..., Any], *args: Any) -> Any:
    """Refusals are printed in words, without a traceback, and end with 1."""
    try:
        return action(*args)
    except Refused as error:
        click.echo(sentence(error), err=True)
        sys.exit(1)
