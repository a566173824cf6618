"""Builds the application: settings, store, languages, sign-in, pages, commands."""

from typing import Any

from flask import Flask

from app import config
from app.db import init_db
from app.group_commit import init_group_commit
from app.i18n import init_i18n
from app.logs import init_logs
from app.metrics import init_metrics


def create_app(**overrides: Any) -> Flask:
    """A configured application; ``overrides`` replace settings (tests give their own database)."""
    app = Flask("app", root_path=str(config.ROOT / "app"), static_folder=str(config.ROOT / "static"))
    app.config.from_mapping(config.settings() | overrides)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    init_logs(app)
    init_metrics(app)
    init_db(app)
    init_group_commit(app)
    from app import auth, cli, web

    init_i18n(app, lambda: auth.identity().zone)

    auth.init_auth(app)
    web.init_web(app)
    cli.init_cli(app)
    return app
