"""``./gongxu demo``: a refrigerator factory that runs by itself.

Here is what an installer does (schema, import, logins, tokens, processes); the factory itself lives in ``app.demo``
and uses what every user has: files, HTTP and Modbus.
"""

import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from flask import current_app

from app.cli import in_words
from app.cli.demo_screen import Screen, addresses
from app.cli.demo_store import own_store
from app.cli.serve import is_free
from app.config import ROOT
from app.db import db, now_utc
from app.demo import market, scaled
from app.demo.once import play
from app.demo.scene import NAME, Scene, read
from app.demo.told import Course, Step
from app.errors import Conflict
from app.i18n import gettext as _
from app.services import schema, users
from app.services.importing import import_folder
from app.services.serving import only_one
from app.workers import children
from app.workers.supervise import Child, Stop, supervise

FACTORY = ROOT / "app" / "demo" / "factory"
SITE = "GX"
ROLES = ("planner", "lead", "operator", "quality", "engineer", "service", "admin", "wall")
FIRST_PORT, MORE_PORTS = 8080, 20
RUSH = 700
LIVE_SPEED, ONCE_SPEED = 10.0, 600.0
_LIVE_MOST = 100.0
_GRACE_S = 10.0


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 lets other devices in.")
@click.option("--port", type=click.IntRange(1, 65535), help="8080, or the next that is free.")
@click.option("--speed", type=click.FloatRange(0.1, 2000), help="How much faster than life; 10, with --once 600.")
@click.option("--keep", is_flag=True, help="Go on with the factory of the last time.")
@click.option("--seed", default=1, show_default=True, help="Decides what happens.")
@click.option("--once", is_flag=True, help="The whole story headless, each step checked.")
@click.option("--no-throttle", is_flag=True, help="Without limits on machines, to compare.")
@click.option("--json", "as_json", is_flag=True, help="With --once: one JSON object for programs.")
def demo(
    host: str, port: int | None, speed: float | None, keep: bool, seed: int, once: bool, no_throttle: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """A refrigerator factory with machines and people that runs by itself; Ctrl-C ends it."""
    speed = speed or (ONCE_SPEED if once else LIVE_SPEED)
    home = Path(tempfile.mkdtemp(prefix="gongxu-demo-")) if once else Path(current_app.config["HOME"]) / "demo"
    if not (keep or once):
        shutil.rmtree(home, ignore_errors=True)
    with own_store(keep, once), at_home(home), in_words(only_one):
        if once:
            sys.exit(run_once(home, speed, seed, not no_throttle, as_json))
        run_live(home, host, in_words(free_port, host, port), speed, seed, not no_throttle)


@contextmanager
def at_home(home: Path) -> Iterator[None]:
    """An application in a folder of the demonstration's own: nothing of it touches another plant."""
    # Not app.factory: a command lies below it. This is what the command line was started with.
    from wsgi import create_app  # type: ignore[attr-defined]

    home.mkdir(parents=True, exist_ok=True)
    os.environ |= {"GONGXU_HOME": str(home), "GONGXU_DEMO": "1", "GONGXU_LOG_LEVEL": "WARNING"}
    with create_app().app_context():
        yield


def free_port(host: str, wish: int | None) -> int:
    """The port that was wished for, else the first that is free; Conflict when there is none."""
    for port in [wish] if wish else range(FIRST_PORT, FIRST_PORT + MORE_PORTS):
        if is_free(host, port):
            return port
    raise Conflict("serve.port", port=wish or FIRST_PORT)


def run_live(home: Path, host: str, port: int, speed: float, seed: int, throttle: bool) -> None:
    """Start everything and keep it running until Ctrl-C."""
    screen = Screen(as_json=False)
    stop = Stop()
    stop.on_signals()
    screen.say(_("Preparing the factory …"))
    scene, _imported_now = in_words(prepare, home, f"http://127.0.0.1:{port}", speed, seed, throttle, speed)
    screen.welcome(addresses(host, port), ROLES, home)
    operators = operating(scene, "--past", "--rush", str(RUSH))
    supervise(logged([*processes(host, port, scene), operators], home), stop, _GRACE_S)
    screen.say(_("The factory has stopped."))


def run_once(home: Path, speed: float, seed: int, throttle: bool, as_json: bool) -> int:
    """Play the story in a folder that is thrown away when all went well; gives the exit code."""
    screen = Screen(as_json)
    stop = Stop()
    stop.on_signals()
    port = scaled.free_ports(1)[0]
    scene, imported = in_words(prepare, home, f"http://127.0.0.1:{port}", speed, seed, throttle)
    course = _played(scene, imported, port, stop, screen)
    screen.end(course)
    if course is None or course.failed:
        click.echo(_("What was written is kept in %(folder)s.", folder=home), err=True)
        return 1
    shutil.rmtree(home, ignore_errors=True)
    return 0


def _played(scene: Scene, imported: dict[str, Any], port: int, stop: Stop, screen: Screen) -> Course | None:
    """The story in a thread beside its processes, which belong to the main one: they end with it."""
    home, courses = Path(scene.home), list[Course]()

    def story() -> None:
        try:
            courses.append(play(scene, imported, verify_command(), say))
        finally:
            stop.set()

    def say(step: Step) -> None:
        with app.app_context():
            screen.step(step)

    app = current_app._get_current_object()  # type: ignore[attr-defined]
    thread = threading.Thread(target=story, name="story", daemon=True)
    thread.start()
    started = [*processes("127.0.0.1", port, scene), operating(scene, "--all")]
    # What dies here must not come back: the story has to notice.
    supervise([replace(one, restart=False) for one in logged(started, home)], stop, _GRACE_S)
    thread.join(timeout=2)
    return courses[0] if courses else None


def verify_command() -> list[str]:
    """The command that recomputes the books."""
    return [*children.flask("verify", "verify", "--json").argv]


def processes(host: str, port: int, scene: Scene) -> list[Child]:
    """The plant as ``serve`` runs it, and its simulated machines."""
    env = {"PYTHONPATH": str(ROOT)}
    machines = (
        sys.executable, "-P", "-m", "devices", "simulate", *map(str, scene.maps), "--speed", str(scene.speed),
        "--seed", str(scene.seed),
    )  # fmt: skip
    web = children.web(host, port, current_app.config["SSE_CAP"])
    return [Child("machines", machines, env, folder=ROOT), *children.plant(web)]


def operating(scene: Scene, *wishes: str) -> Child:
    """The people of the factory."""
    argv = (sys.executable, "-P", "-m", "app.demo.operators", str(Path(scene.home) / NAME), *wishes)
    return Child("operators", argv, {"PYTHONPATH": str(ROOT)}, folder=ROOT)


def logged(found: list[Child], home: Path) -> list[Child]:
    """The same processes, each writing into a file of its own instead of the terminal."""
    logs = home / "logs"
    logs.mkdir(exist_ok=True)
    # The pages come first: who starts it waits for them.
    shell = ("/bin/sh", "-c", 'exec nice -n $NICE "$@" >>"$0" 2>&1')
    return [
        replace(one, argv=(*shell, str(logs / f"{one.name}.log"), *one.argv),
                env={**one.env, "GONGXU_LOG_LEVEL": "INFO", "NICE": "0" if one.name in ("web", "poller") else "5"})
        for one in found
    ]  # fmt: skip


def prepare(
    home: Path, url: str, speed: float, seed: int, throttle: bool, times: float = 1.0
) -> tuple[Scene, dict[str, Any]]:
    """Schema, files, logins and tokens; a factory that is there already is gone on with.

    Standard times are shortened by ``times``, so that plan and floor agree.
    """
    kept = home / NAME
    if schema.current() != schema.head():
        schema.upgrade()
    folder = home / "factory"
    if kept.exists():
        scene = replace(read(kept), url=url, speed=speed, seed=seed)
        imported = {"written": True} if scaled.ports_free(folder) else _imported(folder, speed, throttle, scene.times)
    else:
        # The story of --once needs no past; it is in a hurry.
        past = seed if speed <= _LIVE_MOST else None
        imported = _imported(folder, speed, throttle, times, past)
        scene = Scene(url, str(folder), str(home), make_logins(), speed, seed, throttle, times)
    scene.stop_file.unlink(missing_ok=True)
    scene.write()
    # The connection must not be handed down, and the children write to the same file.
    db.session.remove()
    db.engine.dispose()
    return scene, imported


def _imported(folder: Path, speed: float, throttle: bool, times: float, past: int | None = None) -> dict[str, Any]:
    began = time.monotonic()
    scaled.copy(FACTORY, folder, speed, throttle, times, alone=past is not None)
    if past is not None:
        market.write(folder, past)
    result = import_folder(folder, None, now_utc())
    counts = {name: found.changed for name, found in result.counts.items()}
    return counts | {"written": result.written, "files": len(result.files), "rows": result.changed,
                     "problems": len(result.problems), "seconds": round(time.monotonic() - began, 1)}  # fmt: skip


def make_logins() -> dict[str, str]:
    """A login for each role, its name as password (in the demonstration only), and a token for each."""
    if not current_app.config["DEMO"]:
        raise Conflict("auth.not_allowed", permission="demo")
    tokens = {}
    for role in ROLES:
        user_id = users.create(SITE, role, role, [role], None, now_utc(), weak=True)
        tokens[role] = users.create_token(user_id, "demo", f"user:{user_id}", now_utc())
    return tokens


commands = [demo]
