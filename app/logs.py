"""Logs: one JSON line a fact with time, level and request; readable lines when a person looks at a terminal.

Our own code speaks through structlog, libraries through logging; both end in the same lines on stderr.
"""

import logging.config
import os
import sys
from typing import Any

import structlog
from flask import Flask

_LIBRARIES = {"alembic": "WARNING", "werkzeug": "WARNING", "pymodbus": "ERROR", "PIL": "WARNING"}
_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.ExtraAdder(),
]


def is_plain() -> bool:
    """Whether a person reads along: GONGXU_LOG says json or plain, else what stderr is."""
    wish = os.environ.get("GONGXU_LOG")
    return wish == "plain" if wish else sys.stderr.isatty()


def logging_config() -> dict[str, Any]:
    """The settings of the logging package, for us and for gunicorn."""
    last = (
        [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
        if is_plain()
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    line = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": _SHARED,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    }
    to_root = {"handlers": [], "propagate": True}
    quiet = {name: {**to_root, "level": level} for name, level in _LIBRARIES.items()}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": line},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": os.environ.get("GONGXU_LOG_LEVEL", "INFO")},
        "loggers": quiet | {"gunicorn.error": {**to_root, "level": "INFO"}},
    }


def configure() -> None:
    """Send everything through the same lines."""
    logging.config.dictConfig(logging_config())
    structlog.configure(
        processors=[*_SHARED[:-1], structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def init_logs(app: Flask) -> None:
    """Set the logs of a process up; tests keep their own, which they can look into."""
    if not app.testing:
        configure()
