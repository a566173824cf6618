"""The document against the application: requests made from it never fail, and every answer is as promised.

Schemathesis draws requests, right and wrong ones, for each operation and plays them through WSGI.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.web.api_rig import FRIDGES, Rig


def wrong_writes_are_refused(ctx: Any, response: Any, case: schemathesis.Case) -> bool | None:
    """Wrong bodies, keys and paths are refused; wrong queries may vanish on their way and have tests of their own."""
    return negative_data_rejection(ctx, response, case) if case.method != "GET" else None


CHECKED = [
    checks.not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance, wrong_writes_are_refused,
]  # fmt: skip
EXAMPLES = settings(
    max_examples=8, deadline=None, derandomize=True, database=None, phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.fixture
def rig(app: Flask) -> Rig:
    rig = Rig(app)
    rig.caller().post("/orders", FRIDGES)
    rig.released()
    rig.seal()
    return rig


def operations(rig: Rig) -> Iterator[schemathesis.APIOperation]:
    """All operations, as schemathesis reads them from the served document; who may ask is tested elsewhere."""
    document = rig.app.test_client().get("/api/v1/openapi.json").json
    del document["security"], document["components"]["securitySchemes"]
    schema = schemathesis.openapi.from_dict(document)
    schema.app = rig.app
    for found in schema.get_all_operations():
        yield found.ok()


def play(rig: Rig, operation: schemathesis.APIOperation, mode: GenerationMode, known: dict[str, str | int]) -> None:
    """Draw requests for an operation and check each answer; right ones speak of things that exist."""
    headers = {"Authorization": f"Bearer {rig.tokens['admin']}"}

    @EXAMPLES
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: schemathesis.Case) -> None:
        if mode is GenerationMode.POSITIVE:
            case.path_parameters.update({name: known[name] for name in case.path_parameters if known.get(name)})
        case.call_and_validate(headers=headers, checks=CHECKED)

    run()


def takes(operation: schemathesis.APIOperation) -> bool:
    """Whether there is anything that could be wrong."""
    return bool(operation.definition.raw["parameters"]) or "requestBody" in operation.definition.raw


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_answers_are_as_the_document_says(rig: Rig, mode: GenerationMode) -> None:
    played = 0
    for operation in operations(rig):
        if mode is GenerationMode.NEGATIVE and not takes(operation):
            continue
        code = {"/stations": "BEND", "/orders": "WO-00002", "/machines": "M-FOAM"}
        known = {"code": next((code[start] for start in code if operation.path.startswith(start)), ""), "task": 2}
        play(rig, operation, mode, known)
        played += 1
    assert played > 25
