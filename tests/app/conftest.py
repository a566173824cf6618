"""What several tests of the services stand on."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.db import db
from app.queries.differences import differences
from tests.app.station_floor import Stations
from tests.small_plant import build


@pytest.fixture
def floor(app: Flask) -> Iterator[Stations]:
    with app.app_context():
        yield Stations(build())
        assert list(differences(db.session)) == []
