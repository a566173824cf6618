"""The worker's command: plans what changes, until it is told to stop."""

import click
from flask import current_app


@click.command()
def work() -> None:
    """Follow the shop and keep the plan up to date (its own process; more than one may run)."""
    from app.services import schema
    from app.workers.solve import run
    from app.workers.supervise import Stop

    schema.check_ready()
    stop = Stop()
    stop.on_signals()
    run(current_app._get_current_object(), stop)  # type: ignore[attr-defined]


commands = [work]
