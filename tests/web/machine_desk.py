"""A desk for tests that stand inside an application context themselves: each request gets a context of its own."""

import contextvars
from typing import Any

from tests.web.desk import Desk


class Outside(Desk):
    """A browser whose requests share nothing with the test around them."""

    def sign_in(self, *args: Any, **more: Any) -> Any:
        """As Desk."""
        return contextvars.Context().run(super().sign_in, *args, **more)

    def get(self, *args: Any, **more: Any) -> str:
        """As Desk."""
        return contextvars.Context().run(super().get, *args, **more)

    def post(self, *args: Any, **more: Any) -> Any:
        """As Desk."""
        return contextvars.Context().run(super().post, *args, **more)

    def json(self, path: str) -> Any:
        """What an address answers to a program."""
        return contextvars.Context().run(self.client.get, path).json
