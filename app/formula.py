"""Text in a cell that a spreadsheet would run as a formula: marked when it is written, unmarked when it is read.

Everything that leaves as CSV or Excel goes through ``safe``: a name that somebody typed must not become a command on
the machine of whoever opens the list.
"""

import re

# The wide ones are what a Chinese keyboard writes; some programs take them for the narrow ones.
_BEGIN = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_SIGNS = (*_BEGIN, "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


def is_number(text: str) -> bool:
    """Whether it is a plain number, signed or not: a spreadsheet reads it and runs nothing."""
    return _NUMBER.fullmatch(text) is not None


def safe(text: str) -> str:
    """The text with an apostrophe in front when a spreadsheet would take it for a formula."""
    return "'" + text if text.startswith(_SIGNS) and not is_number(text) else text


def plain(text: str) -> str:
    """The text as it was before ``safe``."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_BEGIN) else text
