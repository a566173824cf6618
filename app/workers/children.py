"""The processes of one plant: the web server, the poller and the worker, each a command line."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from app.workers.supervise import Child

ROOT = Path(__file__).resolve().parents[2]
_PYTHON = (sys.executable, "-P", "-m")
# Beside one thread for each live page there must be some that answer everything else, and some that wait for the
# next request of a station.
THREADS_FOR_WORK = 40
THREADS_THAT_STAY = 64


def flask(name: str, *arguments: str, env: Mapping[str, str] | None = None) -> Child:
    """A command of ours that runs on and on."""
    argv = (*_PYTHON, "flask", "--app", str(ROOT / "wsgi.py"), *arguments)
    return Child(name, argv, env or {}, folder=ROOT)


def web(
    host: str, port: int, live_pages: int, workers: int = 1, env: Mapping[str, str] | None = None,
    certificate: tuple[str, str] | None = None,
) -> Child:  # fmt: skip
    """The web server: ``workers`` processes, each with a thread for every one of ``live_pages`` and 104 more.

    ``certificate`` names its file and that of its key: the server then speaks HTTPS alone.
    SQLite takes one process only: competing connections starve each other, threads wait their turn.
    """
    argv = (
        *_PYTHON, "gunicorn", "--config", "python:app.workers.gunicorn_settings",
        "--bind", f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "--workers", str(workers), "--threads", str(live_pages + THREADS_FOR_WORK + THREADS_THAT_STAY),
        *(("--certfile", certificate[0], "--keyfile", certificate[1]) if certificate else ()), "wsgi:app",
    )  # fmt: skip
    return Child("web", argv, {"PYTHONPATH": str(ROOT), **(env or {})}, folder=ROOT)


def plant(web_server: Child, env: Mapping[str, str] | None = None) -> list[Child]:
    """All that a plant needs: its web server, the poller of its machines and the worker that plans."""
    return [web_server, flask("poller", "poll", env=env), flask("worker", "work", env=env)]


def cameras(stations: Iterable[str]) -> list[Child]:
    """A process for each fixed camera; it learns its source from the settings: an address may hold a password."""
    return [flask(f"camera {station}", "camera", "--station", station) for station in stations]
