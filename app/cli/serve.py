"""``./gongxu serve``: the production start. Web server, poller and worker, kept alive and ended together."""

import os
import shutil
import socket
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import click
from flask import current_app

from app.cli import in_words
from app.db import db, is_sqlite, now_utc
from app.errors import Conflict, Invalid
from app.queries import admins
from app.queries.certificate import certificate_of
from app.services import schema
from app.services.serving import only_one
from app.workers import children
from app.workers.supervise import Stop, supervise


@click.command()
@click.option("--host", default="0.0.0.0", show_default=True, help="Address to listen on.")  # noqa: S104 stations come over the LAN
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="PostgreSQL only.")
@click.option("--https/--http", "secure", default=None, help="HTTPS is used when ./gongxu certificate was run.")
def serve(host: str, port: int, workers: int, secure: bool | None) -> None:
    """Start the plant: web server, poller and worker; Ctrl-C or SIGTERM ends all of them."""
    in_words(check, host, port, workers)
    held = in_words(only_one)
    stop = Stop()
    stop.on_signals()
    held_by = in_words(certificate_for, secure)
    env = {**shared_metrics(workers), **({"GONGXU_HTTPS": "1"} if held_by else {})}
    web = children.web(host, port, current_app.config["SSE_CAP"], workers, env, held_by)
    db.engine.dispose()
    click.echo(f"Gongxu listens on {'https' if held_by else 'http'}://{host}:{port}  (Ctrl-C ends it)", err=True)
    with held:
        supervise([*children.plant(web), *children.cameras(current_app.config["CAMERAS"])], stop)


def certificate_for(secure: bool | None) -> tuple[str, str] | None:
    """Certificate and key to serve with: those that were made, unless plain HTTP is asked for."""
    if secure is False:
        return None
    found = certificate_of(Path(current_app.config["HOME"]))
    if found is None:
        if secure:
            raise Conflict("serve.no_certificate")
        return None
    if found.until <= now_utc():
        raise Conflict("serve.old_certificate", until=f"{found.until:%Y-%m-%d}")
    return str(found.file), str(found.key)


def check(host: str, port: int, workers: int) -> None:
    """Refuse to start what could not work: another schema, nobody to administer, a taken port."""
    schema.check_ready()
    if not admins.count():
        raise Conflict("serve.no_admin")
    if workers > 1 and is_sqlite(db.session()):
        raise Invalid("serve.one_process")
    if not is_free(host, port):
        raise Conflict("serve.port", port=port)


def is_free(host: str, port: int) -> bool:
    """Whether we could listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family)) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((host, port))
        except OSError:
            return False
    return True


def shared_metrics(workers: int) -> Mapping[str, str]:
    """Where several web processes add their metrics up; one alone keeps them in memory."""
    if workers == 1:
        return {}
    folder = Path(current_app.config["HOME"]) / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return {"PROMETHEUS_MULTIPROC_DIR": os.fspath(folder)}


commands = [serve]
