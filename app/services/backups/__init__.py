"""Backups: a folder with a copy of the store, made while the plant works, and a manifest that tells what is in it.

A copy is one moment of the store, whatever is written meanwhile. A restore proves the copy before it touches
anything: the files by their sums, the store by its counts and by the chain of events.
"""

from app.services.backups.listing import Found, listed, thin
from app.services.backups.making import make
from app.services.backups.restoring import prove, restore

__all__ = ["Found", "listed", "make", "prove", "restore", "thin"]
