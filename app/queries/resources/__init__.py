"""Rows as the API gives them: plain dictionaries, of one site, in pages after an id."""
