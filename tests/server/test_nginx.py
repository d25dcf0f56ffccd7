"""nginx before the server, as docs/operators.md has it."""

import http.client
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.web_server import documented_servers, free_port, nginx, serving


@pytest.fixture
def port(transactional_db: None, tmp_path: Path) -> Iterator[int]:
    with ExitStack() as stack:
        server = stack.enter_context(serving(tmp_path, HTTPS="true", BEHIND_PROXY="true"))
        port = free_port()
        stack.enter_context(nginx(tmp_path / "nginx", documented_servers(server.port, port)))
        yield port


def test_what_it_says_of_a_request_is_believed(port: int) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    client.request("GET", "/signin/", headers={"X-Forwarded-Proto": "https"})  # nginx says otherwise
    response = client.getresponse()
    assert response.status == 301
    # The port as well: a form is accepted of the origin that the host names.
    assert response.headers["Location"] == f"https://127.0.0.1:{port}/signin/"


def test_a_body_that_it_refuses_is_refused_in_json(port: int) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    client.putrequest("PUT", "/api/v1/sessions/x/attachments/a")
    client.putheader("Content-Length", "10000000000")
    client.endheaders()
    response = client.getresponse()
    assert (response.status, response.headers["Content-Type"]) == (413, "application/json")
    assert json.loads(response.read())["code"] == "too_large"
