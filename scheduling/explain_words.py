"""Reasons in plain English for the command line; pages make their own words in the user's language."""

WORDS = {
    "work": "work on {ref}",
    "calendar_closed": "{ref} is closed",
    "resource_busy": "waiting: the machine is busy with {ref}",
    "setup": "changing {ref} over",
    "pool_busy": "waiting: nobody of {ref} is free",
    "predecessor": "waiting for {ref}",
    "lag": "time that has to pass after {ref}",
    "release": "order {ref} may not begin earlier",
    "material": "waiting for the material of {ref}",
    "buffer_full": "waiting: buffer {ref} is full",
    "window": "waiting for an agreed window of {ref}",
    "frozen": "kept where it is: {ref}",
    "now": "due before planning began",
}


def words(tag: str, ref: str) -> str:
    """One reason as a phrase."""
    return WORDS.get(tag, f"{tag} {{ref}}").format(ref=ref)
