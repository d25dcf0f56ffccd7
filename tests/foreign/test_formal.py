"""POST /core.v1.SessionsService/ListSessionsV2, line by line of Formal's List Sessions V2."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from sessions.contract.errors import Problem
from sessions.foreign import formal
from sessions.models import ApiToken, Organisation, User
from tests.conftest import NOON, Send
from tests.foreign.conftest import Response, body

PATH = "/core.v1.SessionsService/ListSessionsV2"
Post = Callable[..., Response]


@pytest.fixture
def post(key_of: Callable[..., str]) -> Post:
    """POST as somebody: `post(alice, limit=3)`, or whole bytes."""

    def send_body(viewer: User, raw: bytes | None = None, **fields: Any) -> Response:
        client = Client(raise_request_exception=False, enforce_csrf_checks=True)
        data = json.dumps(fields).encode() if raw is None else raw
        return client.generic("POST", PATH, data, "application/json", headers={"X-API-KEY": key_of(viewer)})

    return send_body


def ids(response: Response) -> list[str]:
    assert response.status_code == 200, response.getvalue()
    return [session["id"] for session in body(response)["sessions"]]


def test_a_session_has_every_documented_field(acme: Organisation, alice: User, send: Send, post: Post) -> None:
    parts = {"id": "r-1", "name": "orders", "technology": "postgres"}
    ident = send(
        acme,
        initiator={"type": "user", "email": "uma@acme.example", "username": "uma"},
        started_at=datetime(2023, 11, 7, 5, 31, 56, tzinfo=UTC),
        ended_at=datetime(2023, 11, 7, 5, 31, 59, 500_000, tzinfo=UTC),
        network={"client_ip": "192.0.2.1", "server_ip": "2001:db8::1"},
        sidecar=parts,
        resource=parts | {"type": "database"},
        connector={"id": "c-1", "name": "berlin"},
        attributes={
            "native.username": "postgres",
            "user.groups": "ops, data",
            "user.external_ids": "okta-1",
            "end_user.id": "eu-1",
            "end_user.name": "Eve",
            "end_user.email": "eve@customer.example",
            "end_user.type": "human",
            "end_user.groups": "readers",
            "end_user.external_ids": "x-1,x-2",
        },
    )
    assert body(post(alice)) == {
        "sessions": [
            {
                "id": str(ident),
                "startTime": "2023-11-07T05:31:56Z",
                "endTime": "2023-11-07T05:31:59.500Z",
                "duration": "3.5s",
                "sessionStatus": "completed",
                "network": {"clientIpAddress": "192.0.2.1", "serverIpAddress": "2001:db8::1"},
                "sidecar": parts,
                "user": {
                    "type": "user",
                    "username": "uma@acme.example",
                    "formal": {
                        "user": {
                            "id": "uma@acme.example",
                            "name": "uma",
                            "email": "uma@acme.example",
                            "type": "user",
                            "groups": ["ops", "data"],
                            "externalIds": ["okta-1"],
                        },
                        "endUser": {
                            "id": "eu-1",
                            "name": "Eve",
                            "email": "eve@customer.example",
                            "type": "human",
                            "groups": ["readers"],
                            "externalIds": ["x-1", "x-2"],
                        },
                    },
                    "native": {"username": "postgres"},
                },
                "resource": parts | {"type": "database"},
                "connector": {"id": "c-1", "name": "berlin"},
            }
        ],
        "listMetadata": {"after": None, "before": None, "count": 1, "nextCursor": None},
    }


def test_what_is_unknown_is_null(acme: Organisation, alice: User, send: Send, post: Post) -> None:
    send(acme, status="queued", requested_at=timezone.now())
    (session,) = body(post(alice))["sessions"]
    nobody: dict[str, Any] = {"id": None, "name": None, "email": None, "type": None, "groups": [], "externalIds": []}
    assert session["startTime"] is session["endTime"] is session["duration"] is None
    assert session["user"]["formal"] == {"user": nobody, "endUser": nobody}
    assert set(session["resource"].values()) == {None}


@pytest.mark.parametrize(
    ("fields", "status", "duration"),
    [
        ({"status": "queued", "requested_at": timezone.now()}, "active", None),
        ({"status": "active", "started_at": timezone.now()}, "active", None),
        ({"status": "failed", "started_at": NOON, "duration_ms": 0}, "completed", "0s"),
        ({"status": "ended", "started_at": NOON, "duration_ms": 10_000}, "completed", "10s"),
        ({"status": "ended", "started_at": NOON, "duration_ms": 1_020}, "completed", "1.02s"),
        ({"status": "active", "started_at": NOON, "last_seen_at": NOON + timedelta(seconds=1)}, "completed", "1s"),
    ],
    ids=["queued", "active", "failed", "ten seconds", "milliseconds", "lost"],
)
def test_a_session_is_active_or_completed(
    acme: Organisation, alice: User, send: Send, post: Post, fields: dict[str, Any], status: str, duration: str | None
) -> None:
    send(acme, **fields)
    (session,) = body(post(alice))["sessions"]
    assert (session["sessionStatus"], session["duration"]) == (status, duration)


def test_the_documents_own_example_body_is_answered(acme: Organisation, alice: User, send: Send, post: Post) -> None:
    send(acme)
    assert len(ids(post(alice, b'{\n    "example": "value"\n  }'))) == 1
    assert len(ids(post(alice, b""))) == 1
    unset = {"limit": 0, "query": "", "sortBy": "", "startTimestamp": None, "endTimestamp": "", "cursor": ""}
    assert len(ids(post(alice, **unset))) == 1


@pytest.fixture
def ten(acme: Organisation, send: Send) -> list[str]:
    """Oldest first, an hour apart; the older, the longer."""
    return [
        str(
            send(
                acme,
                external_id=str(n),
                started_at=NOON + timedelta(hours=n),
                duration_ms=(30 - n) * 1000,
                app={"app_id": f"app-{n % 2}", "platform": ("ios", "android")[n % 2]},
                user=f"user{n % 3}@acme.example",
                resource={"name": f"db-{n % 2}"},
                status="failed" if n == 9 else "ended",
            )
        )
        for n in range(10)
    ]


def test_limit_and_cursors_in_both_directions(alice: User, ten: list[str], post: Post) -> None:
    newest = ten[::-1]
    assert ids(post(alice)) == newest
    first = body(post(alice, limit=4))["listMetadata"]
    assert (first["count"], first["before"], first["after"]) == (4, None, first["nextCursor"])
    second = body(post(alice, limit="4", cursor=first["nextCursor"]))
    assert [session["id"] for session in second["sessions"]] == newest[4:8]
    third = body(post(alice, limit=4, cursor=second["listMetadata"]["after"]))
    assert [session["id"] for session in third["sessions"]] == newest[8:]
    assert third["listMetadata"]["nextCursor"] is None
    assert ids(post(alice, limit=4, cursor=third["listMetadata"]["before"])) == newest[4:8]
    assert len(ids(post(alice, limit=100_000))) == 10


@pytest.mark.parametrize(
    ("sort_by", "oldest_first"),
    [
        ("startTime", True),
        ("-startTime", False),
        ("startTime:desc", False),
        ("startTime DESC", False),
        ("startTime:asc", True),
        ("duration", False),
        ("-duration", True),
    ],
)
def test_sort_by(alice: User, ten: list[str], post: Post, sort_by: str, oldest_first: bool) -> None:
    assert ids(post(alice, sortBy=sort_by)) == (ten if oldest_first else ten[::-1])
    assert ids(post(alice, sort_by=sort_by, limit=2)) == (ten if oldest_first else ten[::-1])[:2]


def test_timestamps_are_inclusive(alice: User, ten: list[str], post: Post) -> None:
    bounds = {"startTimestamp": "2026-06-15T13:00:00Z", "endTimestamp": "2026-06-15T17:00:00+02:00"}
    assert ids(post(alice, **bounds)) == ten[1:4][::-1]


DAY = {"startTimestamp": "2026-06-15T00:00:00Z", "endTimestamp": "2026-06-15T23:59:59Z"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("app:app-1", {1, 3, 5, 7, 9}),
        ('user:"user0@acme.example"', {0, 3, 6, 9}),
        ("user.email:USER0@acme.example", {0, 3, 6, 9}),
        ("platform:ios", {0, 2, 4, 6, 8}),
        ("app:app-1 AND user:user0@acme.example", {3, 9}),
        ("app:app-1 user:user0@acme.example", {3, 9}),
        ("user:user0@acme.example OR user:user1@acme.example", {0, 1, 3, 4, 6, 7, 9}),
        ("app:app-1 OR user:user0@acme.example", {0, 1, 3, 5, 6, 7, 9}),
        ("(app:app-1 AND user:user0@acme.example) OR (app:app-0 user:user1@acme.example)", {3, 9, 4}),
        ("app:app-1 AND user:user0@acme.example OR app:app-0 AND user:user1@acme.example", {3, 9, 4}),
        ("app:app-1 AND app:app-0", set()),
        ("app:nothing", set()),
        ("app:nothing OR app:app-1", {1, 3, 5, 7, 9}),
        ("sessionStatus:completed", set(range(10))),
        ("sessionStatus:active", set()),
        ("sessionStatus:active OR sessionStatus:completed", set(range(10))),
        ("sessionStatus:active sessionStatus:completed", set()),
        ("status:failed", {9}),
        ("sessionStatus:completed AND status:failed OR status:failed", {9}),
        ("startTime:[2026-06-15T14:00:00Z TO 2026-06-15T15:00:00Z]", {2, 3}),
        ("startTime:[2026-06-15T19:30:00Z TO *]", {8, 9}),
        ("startTime:[* TO 2026-06-15T12:00:00Z] app:app-0", {0}),
        ("startTime:[* TO 2026-06-15T14:00:00Z] startTime:[2026-06-15T13:00:00Z TO *]", {1, 2}),
        ("startTime:[2026-06-15T15:00:00Z TO *] startTime:[* TO 2026-06-15T13:00:00Z]", set()),
        ("startTime:2026-06-15 app:app-0", {0, 2, 4, 6, 8}),
        ("startTime:>=2026-06-15T19:30:00Z", {8, 9}),
        ("startTime:{2026-06-15T19:00:00Z TO *]", {8, 9}),
        ("startTime:[* TO 2026-06-15T13:00:00Z}", {0}),
        ("user:(user0@acme.example OR user1@acme.example)", {0, 1, 3, 4, 6, 7, 9}),
        ("-status:failed app:app-1", {1, 3, 5, 7}),
        ("user1", {1, 4, 7}),
        ('"user1@acme" OR "user0@"', {0, 1, 3, 4, 6, 7, 9}),
        ("resource.name:db-1", {1, 3, 5, 7, 9}),
        ("resource.name:db-1 AND app:app-0", set()),
        ("resource.name:db-1 user:user0@acme.example", {3, 9}),
        ("resource.name:db-1 resource.name:db-0", set()),
        ('app:"app-1\\" OR app:app-0"', set()),
        ("NOT app:app-1", {0, 2, 4, 6, 8}),
        ("-app:(app-1 nothing) -user:user0@acme.example", {2, 4, 8}),
        ("-(app:app-1 OR user:user0@acme.example)", {2, 4, 8}),
        ("-(app:app-1 user:user0@acme.example)", set(range(10)) - {3, 9}),
        ("app:app-*", set(range(10))),
        ("user:user1*", {1, 4, 7}),
        ("status:failed OR app:app-0", {0, 2, 4, 6, 8, 9}),
        ("status:failed OR startTime:<2026-06-15T13:00:00Z", {0, 9}),
        ("resource.name:db-1 OR resource.name:db-0", set(range(10))),
        ("-resource.name:db-1", {0, 2, 4, 6, 8}),
        (" OR ".join(f"(app:app-{n} AND user:user{n}@acme.example)" for n in range(30)), {0, 6, 1, 7}),
        ("  ", set(range(10))),
    ],
)
def test_a_query_means_what_it_says(alice: User, ten: list[str], post: Post, query: str, expected: set[int]) -> None:
    for more in ({}, {"sortBy": "duration"}):
        found = ids(post(alice, query=query, **DAY, **more))
        assert sorted(found) == sorted(ten[n] for n in expected)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("colour:red", "There is no field “colour”"),
        ("colour:red OR app:app-1", "There is no field “colour”"),
        ("app:app-1 AND", "ends where a term is expected"),
        ("OR app:app-1", "“OR” stands where"),
        ("(app:app-1", "not closed"),
        ("app:app-1)", "not opened"),
        ('app:"open', "has no value"),
        ('"open', "not understood"),
        ("[2026 TO", "not understood"),
        ("app:", "has no value"),
        ("app: app-1", "has no value"),
        ("app:[a TO b]", "takes no range"),
        ("startTime:yesterday", "is not a date"),
        ("startTime:[yesterday TO *]", "is not a date"),
        ("sessionstatus:active", "Did you mean “sessionStatus:active”?"),
        ("platform:vax", "is not one of"),
        ("sessionStatus:done", "is not one of active, completed"),
        ("resource.name:db-1", "within 24 hours"),
        ("((" * 50 + "app:a" + "))" * 50, "nested deeper"),
        ("app:a OR " * 1_000 + "app:a", "more than 100 terms"),
        ("a " * 100_000, "longer than 10000"),
    ],
    ids=lambda value: value[:40],
)
def test_a_query_that_is_not_understood_is_refused(alice: User, post: Post, query: str, said: str) -> None:
    response = post(alice, query=query)
    answer = body(response)
    assert (response.status_code, answer["code"], answer["details"][0]["field"]) == (400, "invalid_request", "query")
    assert said in answer["message"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"limit": 100_001}, "limit"),
        ({"limit": -1}, "limit"),
        ({"limit": 2**70}, "limit"),
        ({"limit": "9" * 5000}, "limit"),
        ({"limit": True}, "limit"),
        ({"limit": 1.5}, "limit"),
        ({"limit": [1]}, "limit"),
        ({"query": 7}, "query"),
        ({"query": "app:\0"}, "query"),
        ({"query": "app:\ud800"}, "query"),
        ({"sortBy": "colour"}, "sortBy"),
        ({"sortBy": "-startTime:asc"}, "sortBy"),
        ({"sortBy": {"field": "startTime"}}, "sortBy"),
        ({"sortBy": "startTime", "sort_by": "startTime"}, "sortBy"),
        ({"startTimestamp": "yesterday"}, "startTimestamp"),
        ({"startTimestamp": "9999-12-31T23:59:59-14:00"}, "startTimestamp"),
        ({"startTimestamp": "2026-06-16", "endTimestamp": "2026-06-15"}, "endTimestamp"),
        ({"cursor": "forged"}, "cursor"),
        ({"cursor": "before.forged"}, "cursor"),
        ({"cursor": "x" * 100_000}, "cursor"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_field_that_is_wrong_is_named(alice: User, post: Post, fields: dict[str, Any], field: str) -> None:
    response = post(alice, **fields)
    answer = body(response)
    assert (response.status_code, answer["code"]) == (400, "invalid_request")
    assert [detail["field"] for detail in answer["details"]] == [field]


@pytest.mark.parametrize(
    "raw",
    [
        b"{", b"[]", b"7", b"null", b'{"limit": 1, "limit": 2}', b"\xff\xfe", b"[" * 100_000,
        b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", b'{"limit": ' + b"9" * 5_000 + b"}",
    ],
    ids=lambda raw: raw[:20].hex(),
)  # fmt: skip
def test_a_body_that_is_no_object_is_refused(alice: User, post: Post, raw: bytes) -> None:
    response = post(alice, raw)
    assert (response.status_code, body(response)["code"]) == (400, "invalid_request")


def test_a_body_of_ten_megabytes_is_refused(alice: User, post: Post) -> None:
    response = post(alice, b'{"query": "' + b"a" * 10_000_000 + b'"}')
    assert (response.status_code, body(response)["code"]) == (413, "invalid_request")


def test_another_content_type_and_another_method_are_refused(alice: User, key_of: Callable[..., str]) -> None:
    headers = {"X-API-KEY": key_of(alice)}
    response = Client().post(PATH, {"limit": 5}, headers=headers)
    assert (response.status_code, body(response)["code"]) == (415, "invalid_request")
    response = Client().get(PATH, headers=headers)
    assert (response.status_code, body(response)["code"], response["Allow"]) == (405, "invalid_request", "POST")
    response = Client().post("/core.v1.SessionsService/Other", headers=headers)
    assert (response.status_code, body(response)["code"]) == (404, "not_found")


def test_a_body_without_a_length_is_not_taken_for_an_empty_one(alice: User, key_of: Callable[..., str]) -> None:
    headers = {"X-API-KEY": key_of(alice), "Transfer-Encoding": "chunked"}
    response = Client().post(PATH, b"{}", content_type="application/json", headers=headers)
    assert (response.status_code, body(response)["code"]) == (400, "invalid_request")


def test_nobody_is_told_to_send_a_key() -> None:
    response = Client(enforce_csrf_checks=True).post(PATH, b"{}", content_type="application/json")
    assert (response.status_code, body(response)["code"]) == (401, "unauthorized")


def test_a_cookie_needs_csrf_and_a_token_does_not(alice: User, post: Post) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    response = client.post(PATH, b"{}", content_type="application/json")
    assert (response.status_code, body(response)["code"]) == (403, "forbidden")
    assert post(alice).status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"digest": "f" * 64}, 401, "unauthorized"),
        ({"expires_at": NOON}, 401, "unauthorized"),
        ({"revoked_at": NOON}, 401, "unauthorized"),
        ({"scopes": ["write"]}, 403, "forbidden"),
    ],
)
def test_keys_that_open_nothing(
    dave: User, key_of: Callable[..., str], change: dict[str, Any], status: int, code: str
) -> None:
    key = key_of(dave)
    ApiToken.objects.update(**change)
    response = Client().post(PATH, b"{}", content_type="application/json", headers={"X-API-KEY": key})
    assert (response.status_code, body(response)["code"], set(body(response))) == (
        status,
        code,
        {"code", "message"},
    )


def test_what_the_server_cannot_do_has_its_code() -> None:
    assert formal.error(Problem("server_error", reference_id="abc"))[1]["code"] == "internal_error"
    assert formal.error(Problem("server_error", reference_id="abc"))[1]["reference_id"] == "abc"
    assert formal.error(Problem("too_many_requests", headers={"Retry-After": "7"}))[0] == 429
    assert formal.error(Problem("unavailable")) == (
        503,
        {"code": "unavailable", "message": Problem("unavailable").message},
    )


def test_members_get_their_own_and_another_organisation_gets_nothing(
    acme: Organisation, dave: User, alice: User, globex_admin: User, send: Send, post: Post
) -> None:
    app = {"app_id": "one"}
    own = str(send(acme, user="dave@acme.example", app=app, started_at=NOON, resource={"name": "db"}))
    send(acme, user="uma@acme.example", app=app, started_at=NOON, resource={"name": "db"})
    cursor = body(post(alice, limit=1))["listMetadata"]["nextCursor"]
    for query in ("", "app:one", "uma OR dave", "app:one OR user:uma@acme.example", "resource.name:db"):
        assert ids(post(dave, query=query, **DAY)) == [own]
        assert len(ids(post(alice, query=query, **DAY))) == 2
        assert ids(post(globex_admin, query=query, **DAY)) == []
    assert ids(post(globex_admin, cursor=cursor)) == []


def test_a_form_sent_with_a_cookie_is_no_json(dave: User) -> None:
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    client.force_login(dave)
    client.get("/settings/")
    form = {"query": "a", "csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    assert client.post(PATH, form).status_code == 415
    assert client.post(PATH, urlencode(form), "application/x-www-form-urlencoded").status_code == 415
