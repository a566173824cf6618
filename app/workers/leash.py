"""Binds a process to its parent: when the parent dies, even by kill -9, the kernel ends this one too.

Run as a file in front of a command (``python -I -S leash.py PARENT COMMAND …``) it binds itself and becomes the
command. A child cannot do this in ``preexec_fn``: that may deadlock in a process that has threads.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """Be killed when process ``parent``, which must have started this one, ends (prctl(2), Linux).

    The kernel watches the very thread that made the child: start children from a thread that lives as long as
    they should. A process that was orphaned before the call ends here.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)


if __name__ == "__main__":
    die_with(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 the command of our own supervisor
