"""What the parts of the demonstration have to know of each other, as a file in its home that its owner alone reads."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

NAME = "scene.json"


@dataclass(frozen=True)
class Scene:
    """Where everything is: the server, the folder the plant was imported from, a token for each role that is played.

    ``speed`` is how many simulated seconds pass in a real one, ``times`` by how much the standard times of the files
    were shortened already; ``seed`` decides what happens.
    """

    url: str
    factory: str
    home: str
    tokens: dict[str, str]
    speed: float
    seed: int
    throttle: bool = True
    times: float = 1.0

    @property
    def stop_file(self) -> Path:
        """When this file is there, the simulated operators put their work down and go home."""
        return Path(self.home) / "operators.stop"

    @property
    def tally_file(self) -> Path:
        """Where the simulated operators count what they sent."""
        return Path(self.home) / "operators.json"

    @property
    def maps(self) -> list[Path]:
        """The register maps the machines were started from."""
        return sorted((Path(self.factory) / "devices").glob("*.yaml"))

    def write(self) -> Path:
        """Keep it in its home; gives the path."""
        path = Path(self.home) / NAME
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(self), file)
        return path


def read(path: Path) -> Scene:
    """The scene as it was written."""
    return Scene(**json.loads(path.read_text()))
