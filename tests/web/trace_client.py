"""A signed-in client for the pages of trace and quality."""

from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from app.db import now_utc
from app.services import users


@dataclass
class Visitor:
    """Somebody with a role who asks by a personal token (no cookie, so no form token is needed)."""

    app: Flask
    token: str
    language: str = "en"

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.app.test_client().get(path, headers=self.headers, **more)

    def post(self, path: str, **form: Any) -> TestResponse:
        return self.app.test_client().post(path, data=form, headers=self.headers)

    @property
    def headers(self) -> dict[str, str]:
        said = "zh-CN" if self.language == "zh" else "en"
        return {"Authorization": f"Bearer {self.token}", "Accept": "text/html", "Accept-Language": said}


def visitor(app: Flask, *roles: str, site: str = "T", language: str = "en") -> Visitor:
    """Make a login with roles (inside an application context)."""
    user_id = users.create(site, f"{'-'.join(roles)}-{site}", "secret", list(roles), None, now_utc(), weak=True)
    return Visitor(app, users.create_token(user_id, "test", f"user:{user_id}", now_utc()), language)
