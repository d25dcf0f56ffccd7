"""The help page of the search box: every field and example on it works."""

import re
from html import unescape
from urllib.parse import parse_qs

from django.test import Client

from sessions.models import User
from sessions.presenters.search_help import FORMS
from sessions.query.language.fields import FIELDS
from sessions.query.language.offered import offered
from sessions.query.language.parse import parse


def page_of(viewer: User) -> str:
    client = Client()
    client.force_login(viewer)
    return client.get("/sessions/search-help/").content.decode()


def test_every_example_is_a_link_to_a_search_without_mistakes(uma: User) -> None:
    client = Client()
    client.force_login(uma)
    searches = [parse_qs(unescape(query))["q"][0] for query in re.findall(r'href="/sessions/\?([^"]+)"', page_of(uma))]
    assert len(searches) > 20
    for text in searches:
        response = client.get("/sessions/export.csv", {"q": text})
        assert response.status_code == 200, text
        assert b"Session ID" in b"".join(response.streaming_content)  # type: ignore[attr-defined]


def test_every_field_that_is_offered_is_explained(uma: User) -> None:
    page = page_of(uma)
    assert {"user", "app", "status", "date"} <= {one.name for one in offered()}
    for one in offered():
        assert f'id="field-{one.name}' in page
        assert one.field.help_text in unescape(page)


def test_every_form_and_example_is_understood() -> None:
    for text in [text for text, _ in FORMS] + [text for field in FIELDS.values() for text in field.examples]:
        assert not parse(text).mistakes, text


def test_every_field_has_an_example_and_says_what_it_is() -> None:
    for field in FIELDS.values():
        assert field.examples, field.name
        assert field.help_text.endswith("."), field.name
