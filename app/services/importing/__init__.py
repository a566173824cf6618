"""A folder of files into the store: everything or nothing, with every problem named."""

from app.services.importing.problems import Problem
from app.services.importing.result import Counts, ImportResult
from app.services.importing.run import import_folder

__all__ = ["Counts", "ImportResult", "Problem", "import_folder"]
