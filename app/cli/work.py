"""The worker's command: plans what changes, until it is told to stop."""

import signal
import threading

import click
from flask import current_app


@click.command()
def work() -> None:
    """Follow the shop and keep the plan up to date (its own process; more than one may run)."""
    from app.workers.solve import run

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(current_app._get_current_object(), stop)  # type: ignore[attr-defined]


commands = [work]
