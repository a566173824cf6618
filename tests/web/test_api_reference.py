"""The description of the API: valid OpenAPI 3.1, true to the routes, readable in both languages."""

import re

import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.web.api.operation import OPERATIONS


@pytest.fixture
def document(app: Flask) -> dict:
    answer = app.test_client().get("/api/v1/openapi.json")
    assert answer.content_type == "application/json"
    return answer.json


def test_the_document_is_valid(document: dict) -> None:
    assert document["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_the_document_and_the_routes_are_the_same(app: Flask, document: dict) -> None:
    told = {(path, method) for path, methods in document["paths"].items() for method in methods}
    routed = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(rule)).removeprefix("/api/v1"), method.lower())
        for rule in app.url_map.iter_rules()
        if str(rule).startswith("/api/v1/") and rule.endpoint not in ("api.openapi", "api.reference")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert told == routed


def test_each_write_says_how_it_happens_once(document: dict) -> None:
    for row in OPERATIONS:
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", row.path)
        told = document["paths"][path][row.method.lower()]
        keys = [one for one in told["parameters"] if one["in"] == "header"]
        assert bool(keys) == (row.writes and row.repeat != "uuid"), row.name
        if row.repeat == "uuid":
            shape = told["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
            assert "uuid" in document["components"]["schemas"][shape]["required"], row.name


@pytest.mark.parametrize(("language", "words"), [("en", "What it does"), ("zh", "作用")])
def test_the_page_is_readable_and_obeys_the_policy(app: Flask, language: str, words: str) -> None:
    page = app.test_client().get("/api/v1/", headers={"Accept-Language": language})
    assert page.status_code == 200
    assert words in page.text
    for row in OPERATIONS:
        assert f'id="{row.name}"' in page.text
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page.text)
    if language == "zh":
        for row in OPERATIONS:
            assert row.summary not in page.text, row.summary


def test_every_message_of_a_field_has_its_words_in_chinese(app: Flask) -> None:
    from app.i18n import catalog
    from app.web.api.document import GROUPS
    from app.web.api.refusals import _MESSAGES

    known = catalog("zh_Hans")
    plain = [*GROUPS.values(), *(row.summary for row in OPERATIONS)]
    with app.test_request_context(headers={"Accept-Language": "zh"}):
        assert [words for words in plain if known.gettext(words) == words] == []
        assert [kind for kind, words in _MESSAGES.items() if not re.search("[一-鿿]", str(words))] == []
