"""An empty bucket as the storage of attachments: of a server process that speaks S3, where moto is installed."""

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from django.conf import LazySettings

from sessionhistory.storage import attachment_storage


class Bucket:
    """`url` is the server's, `name` the bucket's; `objects` are boto3's."""

    def __init__(self, url: str) -> None:
        import boto3  # type: ignore[import-untyped]  # only where it is installed

        self.url = url
        self.name = f"history-{secrets.token_hex(4)}"  # the process remembers the buckets of other tests
        made = boto3.resource("s3", endpoint_url=url, region_name="us-east-1").create_bucket(Bucket=self.name)
        self.objects = made.objects
        self._made = made

    @property
    def address(self) -> str:
        """What ATTACHMENTS_STORAGE_URL is."""
        return f"s3://{self.name}/kept?endpoint_url={self.url}&region_name=us-east-1&addressing_style=path"

    def put(self, name: str, content: bytes) -> None:
        self._made.put_object(Key=name, Body=content)

    def names(self) -> list[str]:
        return [item.key for item in self.objects.all()]

    def asked(self, method: str) -> list[tuple[str | None, int]]:
        """The Range of each request for a file and how many bytes it was sent, in their order."""
        with urlopen(f"{self.url}/-/asked") as answer:
            asked: list[dict[str, Any]] = json.load(answer)
        about = f"/{self.name}/kept/"
        return [
            (one["range"], one["sent"]) for one in asked if one["method"] == method and one["path"].startswith(about)
        ]


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Its address."""
    pytest.importorskip("storages", reason="requirements/s3.txt is not installed")
    pytest.importorskip("moto.server", reason="moto[s3] and Flask are not installed")
    script = Path(__file__).with_name("s3_server.py")
    with subprocess.Popen([sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin
        assert server.stdout
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        server.stdin.close()


@pytest.fixture
def bucket(s3_server: str, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "testing")
    made = Bucket(s3_server)
    settings.STORAGES = settings.STORAGES | {"default": attachment_storage(made.address)}
    return made


@pytest.fixture
def signed(bucket: Bucket, settings: LazySettings) -> Bucket:
    """The same bucket, from which browsers fetch files themselves."""
    settings.ATTACHMENTS_SIGNED_URL_SECONDS = 600
    return bucket
