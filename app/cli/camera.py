"""The command of a fixed camera: scans at its station what stands before it, until it is told to stop."""

import click
from flask import current_app

from app.cli import in_words
from app.db import db
from app.errors import Invalid
from app.queries.cameras import Place, place_of


@click.command()
@click.option("--station", required=True, help="Where it stands: CODE, or SITE/CODE.")
@click.option("--source", help="rtsp://…, /dev/videoN or a folder of frames; else what GONGXU_CAMERAS says.")
def camera(station: str, source: str | None) -> None:
    """Scan what stands before a fixed camera (its own process; a second one waits for its turn)."""
    from app.services import schema
    from app.workers.camera import run
    from app.workers.supervise import Stop
    from devices.vision import Grabber, masked

    in_words(schema.check_ready)
    place, found = in_words(_named, station, source)
    db.session.remove()
    stop = Stop()
    stop.on_signals()
    click.echo(f"Watching {masked(found)} at {place.code}  (Ctrl-C ends it)", err=True)
    run(current_app._get_current_object(), place, Grabber(found), stop)  # type: ignore[attr-defined]


def _named(station: str, source: str | None) -> tuple[Place, str]:
    found = source or current_app.config["CAMERAS"].get(station)
    if not found:
        raise Invalid("camera.no_source", station=station)
    return place_of(db.session, station), found


commands = [camera]
