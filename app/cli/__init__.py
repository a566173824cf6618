"""Commands: ``./gongxu NAME``. A module here with a list called ``commands`` is found by itself."""

import sys
from collections.abc import Callable
from copy import copy
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import click
from flask import Flask
from flask.cli import with_appcontext

from app.errors import Refused
from app.words import sentence

__all__ = ["in_words", "init_cli"]


def init_cli(app: Flask) -> None:
    """Hang in the commands."""
    for found in sorted(iter_modules(__path__), key=lambda module: module.name):
        for command in getattr(import_module(f"{__name__}.{found.name}"), "commands", []):
            # A copy: the next application of this process must not wrap the wrapped once more.
            hung = copy(command)
            hung.callback = with_appcontext(command.callback)
            app.cli.add_command(hung)


def in_words(action: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """Run an action of a command; a refusal is printed in words, without a traceback, and ends with 1."""
    try:
        return action(*args, **named)
    except Refused as error:
        click.echo(sentence(error), err=True)
        sys.exit(1)
