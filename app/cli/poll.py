"""The poller's command: reads the machines and slows them, until it is told to stop."""

import sys

import click
from flask import current_app

# How long the thread that writes to the store may keep the others waiting, in s: at the usual 5 ms each answer of a
# machine would wait so long for its turn, again and again.
SWITCH_S = 0.0005


@click.command()
def poll() -> None:
    """Read the machines and pass limits on to them (its own process; a second one waits for its turn)."""
    from app.services import schema
    from app.workers.poll import run
    from app.workers.supervise import Stop

    schema.check_ready()
    sys.setswitchinterval(SWITCH_S)
    stop = Stop()
    stop.on_signals()
    run(current_app._get_current_object(), stop)  # type: ignore[attr-defined]


commands = [poll]
