"""Where attachments are kept: a folder, or a bucket of an S3 service."""

from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured

OPTIONS = {"endpoint_url", "region_name", "addressing_style"}


def attachment_storage(url: str) -> dict[str, Any]:
    """The entry of STORAGES for `s3://bucket/folder?endpoint_url=...`; for an empty URL that of MEDIA_ROOT.

    Keys come from the environment or the machine's role, as boto3 finds them, never from the URL.
    """
    if not url:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    parts, query = urlsplit(url), parse_qs(urlsplit(url).query)
    if parts.scheme != "s3" or not parts.hostname or parts.username or not query.keys() <= OPTIONS:
        raise ImproperlyConfigured(
            f"ATTACHMENTS_STORAGE_URL is s3://bucket/folder, with {', '.join(sorted(OPTIONS))} behind a question mark."
        )
    if find_spec("storages") is None:
        raise ImproperlyConfigured("For attachments in S3 install requirements/s3.txt.")
    options: dict[str, Any] = {name: values[-1] for name, values in query.items()}
    options |= {
        "bucket_name": parts.hostname,
        "location": parts.path.strip("/"),
        "default_acl": None,
        # A name is made of its content's hash: written again it is the same file.
        "file_overwrite": True,
        "querystring_auth": True,
        "signature_version": "s3v4",  # for a signed URL boto3 would still take the one before in some regions
        # A file that is read goes through a temporary one; without a limit that would be in memory.
        "max_memory_size": 1024 * 1024,
    }
    if "endpoint_url" not in options and "." not in parts.hostname:
        # In the bucket's own region: from the address for all regions a new bucket redirects, which breaks a signature.
        options.setdefault("addressing_style", "virtual")
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
