"""Settings that do not fit together are named before anybody asks for a file."""

import pytest
from django.conf import LazySettings

from sessions.checks import check_delivery
from tests.bucket import Bucket
from tests.test_settings import PRODUCTION, run


def found() -> list[tuple[str | None, str]]:
    return [(message.id, message.msg.split()[0]) for message in check_delivery()]


def test_neither_setting_is_needed() -> None:
    assert found() == []


@pytest.mark.parametrize("prefix", ["/protected/", "/a/b-c/"])
def test_nginx_sends_from_a_folder(settings: LazySettings, prefix: str) -> None:
    settings.ATTACHMENTS_X_ACCEL_PREFIX = prefix
    assert found() == []


@pytest.mark.parametrize(
    "prefix", ["protected", "/protected", "protected/", "/", "//a/", "/a b/", "/a?b/", "/a/\n", "/ü/"]
)
def test_a_prefix_is_a_path(settings: LazySettings, prefix: str) -> None:
    settings.ATTACHMENTS_X_ACCEL_PREFIX = prefix
    assert found() == [("history.E001", "ATTACHMENTS_X_ACCEL_PREFIX")]


@pytest.mark.parametrize("seconds", [1, 3600, 604_800])
def test_signed_urls_are_for_files_in_s3(settings: LazySettings, seconds: int) -> None:
    settings.ATTACHMENTS_SIGNED_URL_SECONDS = seconds
    assert found() == [("history.E004", "ATTACHMENTS_SIGNED_URL_SECONDS")]


@pytest.mark.parametrize("seconds", [1, 3600, 604_800])
def test_there_they_last_a_week_at_most(settings: LazySettings, bucket: Bucket, seconds: int) -> None:
    settings.ATTACHMENTS_SIGNED_URL_SECONDS = seconds
    assert found() == []


@pytest.mark.parametrize("seconds", [-1, 604_801])
def test_no_signature_lasts_longer_or_less_than_nothing(settings: LazySettings, bucket: Bucket, seconds: int) -> None:
    settings.ATTACHMENTS_SIGNED_URL_SECONDS = seconds
    assert found() == [("history.E003", "ATTACHMENTS_SIGNED_URL_SECONDS")]


def test_nginx_has_no_files_of_s3(settings: LazySettings, bucket: Bucket) -> None:
    settings.ATTACHMENTS_X_ACCEL_PREFIX = "/protected/"
    settings.ATTACHMENTS_SIGNED_URL_SECONDS = 60
    assert found() == [("history.E002", "ATTACHMENTS_X_ACCEL_PREFIX")]


def test_the_check_of_a_deployment_says_so() -> None:
    both = {"ATTACHMENTS_X_ACCEL_PREFIX": "protected", "ATTACHMENTS_SIGNED_URL_SECONDS": "60"}
    done = run("manage.py", "check", **PRODUCTION, **both)
    assert done.returncode != 0
    assert "(history.E001) ATTACHMENTS_X_ACCEL_PREFIX is no such path: 'protected'." in done.stderr
    assert "(history.E004) ATTACHMENTS_SIGNED_URL_SECONDS is for files in S3." in done.stderr
