"""The description of the API says what the API does."""

import json
from typing import Any

import pytest
from django.test import Client

from sessions.models import Organisation, User
from sessions.presenters.openapi import document, template_of
from sessions.query.parameters import SessionFilterSet
from sessions.urls import api_urls
from tests.conftest import ClientOf, Send

SERVER = "https://sessions.example.com"


@pytest.fixture
def described(db: None) -> dict[str, Any]:
    answer = Client().get("/api/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_every_address_and_method_of_the_api_is_described(described: dict[str, Any]) -> None:
    for entry in api_urls:
        # A view of several methods says which scope each needs; a view of one says its own.
        scope = getattr(entry.callback, "scope", "read")
        methods = set(scope) if isinstance(scope, dict) else {"GET"}
        path, _ = template_of(str(entry.name))
        assert {method.upper() for method in described["paths"][path]} - {"PARAMETERS"} == methods, path


def test_the_parameters_are_those_that_are_validated(described: dict[str, Any]) -> None:
    listed = {parameter["name"]: parameter for parameter in described["paths"]["/api/v1/sessions"]["get"]["parameters"]}
    assert set(listed) == set(SessionFilterSet.base_filters)
    assert listed["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 100_000}
    assert listed["status"]["schema"]["items"]["enum"] == ["queued", "active", "ended", "failed", "lost"]
    assert all(parameter["description"] for parameter in listed.values())


def test_how_several_values_are_given_is_said(described: dict[str, Any]) -> None:
    listed = {parameter["name"]: parameter for parameter in described["paths"]["/api/v1/sessions"]["get"]["parameters"]}
    assert "explode" not in listed["status"]
    assert listed["fields"]["explode"] is False
    [distinct] = [
        parameter
        for parameter in described["paths"]["/api/v1/events/latest"]["get"]["parameters"]
        if parameter["name"] == "distinct"
    ]
    assert (distinct["required"], distinct["allowEmptyValue"], distinct["explode"]) == (True, False, False)
    assert distinct["schema"]["items"]["enum"][0] == "str1"


def test_what_may_be_absent_may_be_null(described: dict[str, Any]) -> None:
    components = described["components"]["schemas"]
    assert components["SessionLine"]["properties"]["app"]["anyOf"][1] == {"type": "null"}
    assert components["Flags"]["properties"]["crash"]["anyOf"][1] == {"type": "null"}
    assert "anyOf" not in components["SessionLine"]["properties"]["status"]
    assert components["SessionLine"]["required"] == ["status"]


def test_a_listed_session_may_lack_what_was_not_asked_for(described: dict[str, Any]) -> None:
    components = described["components"]["schemas"]
    assert "required" not in components["ListedSession"]
    assert components["ListedSession"]["properties"] == components["Session"]["properties"]


def test_what_stands_in_headers_is_said(described: dict[str, Any]) -> None:
    answers = described["paths"]["/api/v1/sessions"]["post"]["responses"]
    found = {status: list(answer.get("headers", {})) for status, answer in answers.items()}
    assert {status: names for status, names in found.items() if names} == {
        "201": ["Location"],
        "401": ["WWW-Authenticate"],
        "429": ["Retry-After"],
        "503": ["Retry-After"],
    }


def test_every_reference_leads_somewhere() -> None:
    api = document(SERVER)
    text = json.dumps(api)
    names = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert names <= set(api["components"]["schemas"])
    assert {"Session", "SessionLine", "SessionChange", "Event", "Attachment", "Error"} <= names


def test_an_answer_has_the_fields_that_are_described(
    acme: Organisation, alice: User, send: Send, client_of: ClientOf, described: dict[str, Any]
) -> None:
    ident = send(acme)
    answer = client_of(alice).get(f"/api/v1/sessions/{ident}").json()
    assert set(answer) == set(described["components"]["schemas"]["Session"]["properties"])


def test_people_read_it_without_signing_in(db: None) -> None:
    page = Client().get("/api/docs/").content.decode()
    for words in (
        "GET /api/v1/sessions",
        "PUT /api/v1/sessions/{session_id}/attachments/{name}",
        "App ID; repeatable.",
    ):
        assert words in page
