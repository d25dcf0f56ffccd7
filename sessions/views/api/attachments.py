"""A file of a session, sent on its own."""

import base64
import binascii
import errno
import logging
import re
from uuid import UUID

import msgspec
from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse

from sessions.contract.errors import Problem
from sessions.contract.schema import Attachment
from sessions.files.media import essence
from sessions.http.authentication import ApiRequest, scope_required
from sessions.http.body import Body
from sessions.http.refusals import refusals, sender_to
from sessions.ingest.reading.parse import parse_time
from sessions.presenters.json import rfc_3339
from sessions.presenters.operations import UploadParameters
from sessions.receiving.uploads import Upload, upload

logger = logging.getLogger(__name__)

# What clients say when nobody told them the file's type.
FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_HEX = re.compile(r"[0-9a-f]{64}")
# RFC 3230, and RFC 9530 with its colons; other algorithms may stand beside it.
_SHA256 = re.compile(r"(?:^|,)\s*sha-256=:?([A-Za-z0-9+/]+=*):?\s*(?=,|$)", re.IGNORECASE)


# A misspelt sha256 would be a check that is not made.
@scope_required("write", UploadParameters.base_fields.keys())
def put_attachment(request: ApiRequest, session_id: UUID, name: str) -> HttpResponse:
    """The body is the file. It takes the place of one with the same name; the same bytes again change nothing."""
    sender = sender_to(request, session_id)
    if "Content-Range" in request.headers:
        raise Problem("invalid_value", "Parts are not taken: send the whole file again.", field="Content-Range")
    body = Body(request, settings.ATTACHMENT_MAX_BYTES)
    try:
        with refusals():
            starts_at = request.GET.get("starts_at")
            sent = Upload(
                name,
                request.GET.get("kind") or None,
                _content_type(request),
                _sha256(request),
                parse_time(starts_at, "starts_at") if starts_at else None,
            )
            stored, is_new = upload(sender, session_id, sent, iter(body.chunk, b""))
    except OSError as error:
        if error.errno not in FULL:
            raise
        logger.exception("No room for an attachment of %s", session_id)
        raise Problem("unavailable", "There is no room for this file just now.") from error
    url = reverse("api_attachment", args=[session_id, name])
    shown = {name: getattr(stored, name) for name in Attachment.__struct_fields__ if name != "url"}
    shown["starts_at"] = stored.starts_at and rfc_3339(stored.starts_at)
    headers = {"Location": url, "ETag": f'"{stored.sha256}"'}
    answer = msgspec.json.encode(shown | {"url": url})
    return HttpResponse(answer, status=201 if is_new else 200, content_type="application/json", headers=headers)


def _content_type(request: ApiRequest) -> str | None:
    declared = request.headers.get("Content-Type", "").strip()
    if essence(declared) in FORMS:
        raise Problem("unsupported_media_type", "Send the file itself, with its own Content-Type.")
    return declared or None


def _sha256(request: ApiRequest) -> str | None:
    """In hex, from whichever place names it; the first one counts."""
    if given := request.GET.get("sha256") or request.headers.get("X-Content-SHA256"):
        if not _HEX.fullmatch(given.strip().lower()):
            raise Problem("invalid_value", "sha256: is not 64 hexadecimal digits.", field="sha256")
        return given.strip().lower()
    header = request.headers.get("Content-Digest") or request.headers.get("Digest") or ""
    if (match := _SHA256.search(header)) is None:
        return None
    try:
        digest = base64.b64decode(match[1], validate=True)
    except binascii.Error:
        digest = b""
    if len(digest) != 32:
        raise Problem("invalid_value", "sha256: is not the Base64 of 32 bytes.", field="sha256")
    return digest.hex()
