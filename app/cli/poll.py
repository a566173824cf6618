"""The poller's command: reads the machines and slows them, until it is told to stop."""

import click
from flask import current_app


@click.command()
def poll() -> None:
    """Read the machines and pass limits on to them (its own process; a second one waits for its turn)."""
    from app.services import schema
    from app.workers.poll import run
    from app.workers.supervise import Stop

    schema.check_ready()
    stop = Stop()
    stop.on_signals()
    run(current_app._get_current_object(), stop)  # type: ignore[attr-defined]


commands = [poll]
