"""The pages and the API: read input, call one function, show. One file per role: a module here with
a blueprint called ``pages`` is found by itself.
"""

import time
from importlib import import_module
from pkgutil import iter_modules
from secrets import token_hex
from typing import Any

import structlog
from flask import Flask, g, request
from flask.typing import ResponseReturnValue

from app.web import problems
from app.web.again import init_again
from app.web.shell import init_shell

CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
# The one script that compiles WebAssembly is a worker, and a worker obeys the policy it comes with.
CAMERA_WORKER = "js/camera-worker.js"
CAMERA_CSP = CSP.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")
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
    init_again(app)
    app.after_request(_end)


def _begin() -> None:
    g.request_id = request.headers.get("X-Request-Id", "")[:64] or token_hex(8)
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.request_id)


def _end(response: Any) -> ResponseReturnValue:
    headers = response.headers
    # Nobody else writes these three, so there is nothing to look for and replace.
    headers.add("X-Request-Id", g.get("request_id", ""))
    headers.add("X-Content-Type-Options", "nosniff")
    headers.add("Referrer-Policy", "same-origin")
    is_worker = request.endpoint == "static" and (request.view_args or {}).get("filename") == CAMERA_WORKER
    headers.setdefault("Content-Security-Policy", CAMERA_CSP if is_worker else CSP)
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    return response
