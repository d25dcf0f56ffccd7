"""Who sends the bytes of a file besides this process: nginx from the folder, or S3 to whoever has a signed URL.

Whether somebody may have them is decided before, on every request.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.files.storage import default_storage

from sessions.files.folder import is_local

# Response headers that S3 takes from a signed URL.
_SIGNED_HEADERS = {
    "ResponseContentType": "Content-Type",
    "ResponseContentDisposition": "Content-Disposition",
    "ResponseCacheControl": "Cache-Control",
}


def internal_path(storage_name: str) -> str | None:
    """The value of X-Accel-Redirect, where nginx is to send files. nginx undoes the quoting."""
    prefix = settings.ATTACHMENTS_X_ACCEL_PREFIX
    return prefix + quote(storage_name) if prefix and is_local() else None


def signed_url(storage_name: str, headers: Mapping[str, str]) -> str | None:
    """Where S3 sends the file with those of these headers that it can send, for a while; None where it is not to."""
    if not _signs():
        return None
    parameters = {parameter: headers[header] for parameter, header in _SIGNED_HEADERS.items()}
    seconds = settings.ATTACHMENTS_SIGNED_URL_SECONDS
    url: str = _s3().url(storage_name, parameters=parameters, expire=seconds)
    return url


def signed_origin() -> str | None:
    """The origin of signed URLs, which a page that shows files must allow: bucket, region and endpoint decide it.

    From a URL without a signature, so that no page waits for keys or fails without them.
    """
    if not _signs():
        return None
    client = _s3().unsigned_connection.meta.client
    url = urlsplit(client.generate_presigned_url("get_object", Params={"Bucket": _s3().bucket_name, "Key": "any"}))
    return f"{url.scheme}://{url.netloc}"


def _signs() -> bool:
    return settings.ATTACHMENTS_SIGNED_URL_SECONDS > 0 and not is_local()


def _s3() -> Any:
    """The storage, with what only django-storages' S3Storage has."""
    return default_storage
