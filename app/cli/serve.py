"""``./gongxu serve``: the production start. Web server, poller and worker, kept alive and ended together."""

import fcntl
import os
import shutil
import socket
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import IO

import click
from flask import current_app

from app.cli import in_words
from app.db import database_file, db, is_sqlite
from app.errors import Conflict, Invalid
from app.queries import admins
from app.services import schema
from app.workers import children
from app.workers.supervise import Stop, supervise


@click.command()
@click.option("--host", default="0.0.0.0", show_default=True, help="Address to listen on.")  # noqa: S104 stations come over the LAN
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="PostgreSQL only.")
def serve(host: str, port: int, workers: int) -> None:
    """Start the plant: web server, poller and worker; Ctrl-C or SIGTERM ends all of them."""
    in_words(check, host, port, workers)
    held = in_words(only_one)
    stop = Stop()
    stop.on_signals()
    web = children.web(host, port, current_app.config["SSE_CAP"], workers, shared_metrics(workers))
    db.engine.dispose()
    click.echo(f"Gongxu listens on http://{host}:{port}  (Ctrl-C ends it)", err=True)
    with held:
        supervise(children.plant(web), stop)


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


def only_one() -> IO[str]:
    """The right to serve this store from this machine, held while the file is open.

    Two supervisors on one SQLite file would be two web processes; with PostgreSQL a second machine is welcome,
    but on this one it would share the run files.
    """
    beside = database_file(str(db.engine.url)) or Path(current_app.config["HOME"]) / "gongxu"
    lock = beside.with_name(beside.name + "-serve").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise Conflict("serve.running", file=str(beside)) from None
    return lock


def shared_metrics(workers: int) -> Mapping[str, str]:
    """Where several web processes add their metrics up; one alone keeps them in memory."""
    if workers == 1:
        return {}
    folder = Path(current_app.config["HOME"]) / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return {"PROMETHEUS_MULTIPROC_DIR": os.fspath(folder)}


commands = [serve]
