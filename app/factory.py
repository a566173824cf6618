"""Builds the application: settings, store, languages, sign-in, pages, commands."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app import config
from app.db import init_db
from app.group_commit import init_group_commit
from app.i18n import init_i18n
from app.logs import init_logs
from app.metrics import init_metrics


class Application(Flask):
    """Flask as we use it: no view and no hook is a coroutine, so nobody looks for one at each call."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is."""
        return func


def create_app(**overrides: Any) -> Flask:
    """A configured application; ``overrides`` replace settings (tests give their own database)."""
    app = Application("app", root_path=str(config.ROOT / "app"), static_folder=str(config.ROOT / "static"))
    app.config.from_mapping(config.settings() | overrides)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    if app.config["PROXIES"]:
        # Only so many stand in front of us: what somebody else writes into these headers is not believed.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=app.config["PROXIES"], x_proto=app.config["PROXIES"])  # type: ignore[method-assign]
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
