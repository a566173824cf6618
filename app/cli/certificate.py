"""``./gongxu certificate``: a secure address for phones, without the internet."""

from pathlib import Path

import click
from flask import current_app

from app.db import now_utc
from app.queries.certificate import authority, certificate_of, fingerprint
from app.services import certificates


@click.command()
@click.option("--name", "names", multiple=True, help="A further name or address stations use; may be repeated.")
def certificate(names: tuple[str, ...]) -> None:
    """Make the certificate of this server, signed by an authority of the plant's own."""
    home = Path(current_app.config["HOME"])
    made = certificates.make(home, [*names, *certificates.own_names()], now_utc())
    found, root = certificate_of(home), authority(home)
    if found is None or root is None:
        raise click.ClickException(f"nothing was written to {home}")
    click.echo(f"Certificate: {found.file}, until {found.until:%Y-%m-%d}")
    click.echo(f"For: {', '.join(made)}")
    click.echo(f"Authority: {fingerprint(root)}")
    click.echo("Start ./gongxu serve again; it then listens on https. Phones install the authority from /secure.")


commands = [certificate]
