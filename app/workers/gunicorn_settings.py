"""How gunicorn runs us; address, processes and threads come with the command line (``app.workers.children``)."""

import os
import signal
import threading
from typing import Any

from app.logs import logging_config
from app.workers.leash import die_with
from app.workers.supervise import Stop

worker_class = "app.workers.staying.StayingWorker"
# The supervisor kills after ten.
graceful_timeout = 8
timeout = 60
keepalive = 75
# A worker shows that it lives by touching a file: not on a disk that may be full or slow.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
# It would be made in the user's home, and nobody asks it anything.
control_socket_disable = True
logconfig_dict = logging_config()


def post_fork(_arbiter: Any, _worker: Any) -> None:
    """A worker must not outlive gunicorn, even when that is killed."""
    die_with(os.getppid())


def post_worker_init(worker: Any) -> None:
    """Once the application is loaded: make it warm, seal events, feed the live pages, send labels."""
    from app.workers.printing import Sender
    from app.workers.relay import start_relay
    from app.workers.uses import start_uses
    from app.workers.warm import warm

    warm(worker.wsgi)
    start_relay(worker.wsgi)
    Sender(worker.wsgi).start()
    start_uses(worker.wsgi)
    end_streams_first(worker.wsgi)


def end_streams_first(app: Any) -> None:
    """On SIGTERM end the live streams at once: gunicorn would wait for them as for any other request."""
    from app.workers.relay import stop_relay

    told, before = Stop(), signal.getsignal(signal.SIGTERM)

    def end(number: int, frame: Any) -> None:
        told.set()
        before(number, frame)  # type: ignore[operator, misc]

    def wait() -> None:
        told.wait()
        stop_relay(app)

    threading.Thread(target=wait, name="end-streams", daemon=True).start()
    signal.signal(signal.SIGTERM, end)
    # As gunicorn set it: a request in work is not disturbed.
    signal.siginterrupt(signal.SIGTERM, False)


def worker_exit(_arbiter: Any, worker: Any) -> None:
    """Write what was handed to the writer thread."""
    group = worker.wsgi.extensions.get("group_commit") if getattr(worker, "wsgi", None) else None
    if group:
        group.stop()


def child_exit(_arbiter: Any, worker: Any) -> None:
    """Take the gauges of a process that ended out of the sum."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
