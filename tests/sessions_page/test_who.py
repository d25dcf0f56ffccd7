"""Who started a session has one answer, wherever it is shown."""

import csv
import io
import itertools
import re
from html import unescape
from typing import Any

import pytest

from sessions.foreign.formal import session
from sessions.models import Organisation, User
from sessions.query import find_session
from tests.conftest import ClientOf, Send

INITIATORS = [
    {"type": kind, "email": email, "username": username, "label": label}
    for kind, email, username, label in itertools.product(
        ("user", "token", "anonymous"), (None, "mia@x.example"), (None, "mia"), (None, "", "nightly")
    )
    if (kind != "user" or email or username) and (kind != "token" or label)
]


def expected(initiator: dict[str, Any]) -> str:
    if initiator["type"] == "user":
        return str(initiator["email"] or initiator["username"])
    return initiator["label"] or "Anonymous"


@pytest.mark.parametrize("initiator", INITIATORS, ids=lambda one: "-".join(str(value) for value in one.values()))
def test_list_csv_page_and_formal_say_the_same(
    acme: Organisation, alice: User, client_of: ClientOf, send: Send, initiator: dict[str, Any]
) -> None:
    ident = send(acme, initiator=initiator, app={"app_id": "a"})
    client, who = client_of(alice), expected(initiator)
    listed = client.get("/sessions/").content.decode()
    exported = client.get("/sessions/export.csv").getvalue().decode("utf-8-sig")
    page = client.get(f"/sessions/{ident}/", {"tab": "facts"}).content.decode()

    said = {
        "list": unescape(re.findall(r'col-user"><span class="cell-main" title="(.*?)"', listed)[0]),
        "CSV": next(csv.DictReader(io.StringIO(exported, newline="")))["User"],
        "title": unescape(re.findall(r"<title>a, (.*?)\s*(?:·|–|\||</title>)", page)[0]).strip(),
        "header": unescape(re.findall(r'<div class="session-line">\s*<span>(.*?)</span>', page)[0]),
    }
    record = find_session(alice, ident)
    assert record
    said["Formal"] = session(record)["user"]["username"]
    assert said == dict.fromkeys(said, who)
    if initiator["type"] == "user":
        links = re.findall(r'\?user=([^"&]*)"', page)
        assert links == [who.replace("@", "%40")]
