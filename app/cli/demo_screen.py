"""What the demonstration shows in a terminal: addresses and logins, or the steps of the story as a table."""

import json
import socket
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import click
from flask import current_app
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from werkzeug.routing import BuildError

from app.demo.told import Course, Step
from app.i18n import gettext as _

Address = tuple[str, str]


def addresses(host: str, port: int) -> list[Address]:
    """What is worth opening, as words and address; under the address of this machine when others may come in."""
    base = f"http://{_lan_address() if host in ('0.0.0.0', '::') else host}:{port}"  # noqa: S104
    wanted = [
        (_("Start"), "/"), (_("Team lead"), "lead.overview"), (_("Wall display"), "wall.lines"),
        (_("Station FA-1"), "/s/FA-1"), (_("Orders"), "orders.listing"), (_("Plan"), "plan.board"),
        (_("Trace"), "trace.search"), (_("Machines"), "devices.listing"), (_("Quality"), "quality.overview"),
        (_("API"), "api.reference"),
    ]  # fmt: skip
    adapter = current_app.url_map.bind("")
    found = []
    for name, where in wanted:
        try:
            found.append((name, base + (where if where.startswith("/") else adapter.build(where))))
        except BuildError:
            continue
    return found


def _lan_address() -> str:
    """The address other devices reach this machine by; nothing is sent to find it out."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as door:
        try:
            door.connect(("10.255.255.255", 1))
        except OSError:
            return "127.0.0.1"
        return str(door.getsockname()[0])


class Screen:
    """Tables for a person at a terminal, plain lines into a file, one JSON object for a program."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.console = Console(highlight=False, soft_wrap=True)

    def say(self, words: str) -> None:
        """A line for people."""
        if not self.as_json:
            self.console.print(words)

    def welcome(self, found: Sequence[Address], roles: Sequence[str], home: Path) -> None:
        """Where to look and who one may be."""
        pages = Table(box=SIMPLE_HEAD, show_header=True)
        pages.add_column(_("Page"))
        pages.add_column(_("Address"), style="cyan", no_wrap=True)
        for name, address in found:
            pages.add_row(name, address)
        logins = Table(box=SIMPLE_HEAD, show_header=True)
        logins.add_column(_("Login"))
        logins.add_column(_("Password"))
        for role in roles:
            logins.add_row(role, role)
        self.console.print(pages, logins)
        self.console.print(_("Logs: %(folder)s  ·  Ctrl-C ends the factory.", folder=home / "logs"))

    def step(self, step: Step) -> None:
        """A step that held, as soon as it held."""
        if not self.as_json:
            self.console.print(f"[green]✓[/] {_(step.title):<30} {escape(step.words(_))}  [dim]{step.seconds} s[/]")
            self.console.file.flush()

    def end(self, course: Course | None) -> None:
        """How it ended."""
        if course is None:
            click.echo(_("The story was interrupted."), err=True)
        elif self.as_json:
            click.echo(json.dumps(course.as_data(), ensure_ascii=False))
        elif course.failed:
            words = _(course.failed.sentence) % course.failed.values
            self.console.print(f"[red]✗[/] {escape(words)}")
        else:
            seconds = round(sum(step.seconds for step in course.steps))
            self.console.print(
                _("All %(steps)s steps held, in %(seconds)s s.", steps=len(course.steps), seconds=seconds)
            )
