"""A folder of files into the store: everything or nothing, with every problem named."""

from app.services.importing.problems import Problem
from app.services.importing.result import Change, Counts, ImportResult
from app.services.importing.run import import_folder, import_tables

__all__ = ["Change", "Counts", "ImportResult", "Problem", "import_folder", "import_tables"]
