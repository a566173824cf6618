"""The worker's command: plans what changes, until it is told to stop."""

import click
from flask import current_app


@click.command()
def work() -> None:
    """Follow the shop and keep the plan up to date (its own process; more than one may run)."""
    from app.services import schema
    from app.workers import forecasting, housekeeping
    from app.workers.solve import holder_name, run
    from app.workers.supervise import Stop
    from app.workers.warm import settle

    schema.check_ready()
    stop = Stop()
    stop.on_signals()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    housekeeping.start(app, holder_name(), stop)
    forecasting.start(app, holder_name(), stop)
    settle()
    run(app, stop)


commands = [work]
