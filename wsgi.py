"""The entry for a WSGI server and for the bare ``flask`` command."""

from app.factory import create_app

app = create_app()
