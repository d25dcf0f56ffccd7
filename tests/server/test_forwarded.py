"""What a proxy says counts only where one is announced."""

import http.client
from pathlib import Path

import pytest

from tests.web_server import serving

FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Protocol": "ssl", "X-Forwarded-Ssl": "on"}


@pytest.mark.usefixtures("transactional_db")
@pytest.mark.parametrize(("behind_proxy", "status"), [("false", 301), ("true", 200)])
def test_https_is_believed_of_a_proxy_alone(tmp_path: Path, behind_proxy: str, status: int) -> None:
    """gunicorn would believe whoever connects from this machine."""
    with serving(tmp_path, BEHIND_PROXY=behind_proxy, HTTPS="true") as server:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        client.request("GET", "/signin/", headers=FORWARDED | {"Script-Name": "/x", "SCRIPT_NAME": "/signin"})
        response = client.getresponse()
        response.read()
        assert response.status == status
        assert ("Strict-Transport-Security" in response.headers) == (behind_proxy == "true")
