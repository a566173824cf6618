"""The pages and the API: read input, call one function, show. One file per role: a module here with
a blueprint called ``pages`` is found by itself.
"""

import time
from importlib import import_module
from pkgutil import iter_modules
from typing import Any
from uuid import uuid4

import structlog
from flask import Flask, g, request
from flask.typing import ResponseReturnValue

from app.web import problems
from app.web.shell import init_shell

CSP = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
log = structlog.get_logger("web")


def init_web(app: Flask) -> None:
    """Hang in all pages, the API, the refusals and the headers."""
    for found in sorted(iter_modules(__path__), key=lambda module: module.name):
        module = import_module(f"{__name__}.{found.name}")
        if hasattr(module, "pages"):
            app.register_blueprint(module.pages)
    problems.init_problems(app)
    init_shell(app)
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.request_id = request.headers.get("X-Request-Id", "")[:64] or uuid4().hex[:16]
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.request_id)


def _end(response: Any) -> ResponseReturnValue:
    response.headers["X-Request-Id"] = g.get("request_id", "")
    response.headers.setdefault("Content-Security-Policy", CSP)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
