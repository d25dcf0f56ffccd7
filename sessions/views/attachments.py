"""A session's files: served with ranges to whoever may see the session, and shown in a viewer by what they are."""

import re
from typing import IO
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from sessions.attachments.media import is_inline, served_type, viewer_of
from sessions.attachments.ranges import ByteRange, FileSlice, RangeNotSatisfiable, parse_range
from sessions.errors import Problem
from sessions.models import Attachment
from sessions.views.detail import visible_session
from sessions.views.errors import is_api
from sessions.views.roles import MemberRequest
from sessions.views.viewers import viewer_page

# Whatever a file claims to be, nothing in it runs, loads or reaches this origin.
FILE_POLICY = "sandbox; default-src 'none'"
NOT_SENT = "It was announced by the producer, and its content has not arrived or has been deleted since."
GONE = "Its content is no longer in the storage."

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


@require_safe
def attachment(request: MemberRequest, session_id: UUID, name: str) -> HttpResponseBase:
    """The file itself. `?download` saves what a browser would otherwise show."""
    file = _find(request, session_id, name)
    if not file.available:
        return _unavailable(request, file, NOT_SENT)
    headers = _headers(file, download="download" in request.GET)
    etag = headers["ETag"]
    answer = get_conditional_response(request, etag=etag, response=HttpResponse(headers=headers))
    if answer is not None and answer.status_code in (304, 412):
        return answer
    if request.method == "HEAD":
        return HttpResponse(headers=headers | {"Content-Length": str(file.size)})
    try:
        part = _part_asked_for(request, etag, file.size)
    except RangeNotSatisfiable:
        return HttpResponse(status=416, headers=headers | {"Content-Range": f"bytes */{file.size}"})
    try:
        content = default_storage.open(file.storage_name)
    except FileNotFoundError:
        return _unavailable(request, file, GONE)
    return _stream(content, part, file.size, headers)


@require_safe
def attachment_view(request: MemberRequest, session_id: UUID, name: str) -> HttpResponse:
    """The file in its viewer, or its facts where there is none."""
    record = visible_session(request, session_id)
    file = _row(session_id, name)
    if not file.available:
        return _unavailable(request, file, NOT_SENT)
    try:
        return viewer_page(request, record, file, viewer_of(file.kind, file.content_type))
    except FileNotFoundError:
        return _unavailable(request, file, GONE)


def _find(request: MemberRequest, session_id: UUID, name: str) -> Attachment:
    visible_session(request, session_id)
    return _row(session_id, name)


def _row(session_id: UUID, name: str) -> Attachment:
    """Only after the session was found visible."""
    file = Attachment.objects.filter(session_id=session_id, name=name).first()
    if file is None:
        raise Http404
    return file


def _headers(file: Attachment, *, download: bool) -> dict[str, str]:
    attached = download or not is_inline(file.content_type)
    # A line break in a name would end the header; Django's quoting lets one at the very end through.
    name = _CONTROLS.sub("_", file.name)
    return {
        "Content-Type": served_type(file.content_type),
        "Content-Disposition": content_disposition_header(as_attachment=attached, filename=name) or "attachment",
        "Content-Security-Policy": FILE_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Accept-Ranges": "bytes",
        "ETag": f'"{file.sha256}"',
        # Kept, and asked about each time: a 304 costs little, and whoever lost access or signed out is refused.
        "Cache-Control": "private, no-cache",
        # GZipMiddleware would replace the length and break ranges; a coding that is set it leaves alone.
        "Content-Encoding": "identity",
    }


def _part_asked_for(request: HttpRequest, etag: str, size: int) -> ByteRange | None:
    """If-Range holds a strong ETag; a date never matches, as no Last-Modified is sent. Raises RangeNotSatisfiable."""
    header = request.headers.get("Range")
    condition = request.headers.get("If-Range")
    if header is None or (condition is not None and condition.strip() != etag):
        return None
    return parse_range(header, size)


def _stream(content: IO[bytes], part: ByteRange | None, size: int, headers: dict[str, str]) -> StreamingHttpResponse:
    whole = ByteRange(0, size)
    response = StreamingHttpResponse(FileSlice(content, part or whole), status=206 if part else 200, headers=headers)
    response["Content-Length"] = str((part or whole).length)
    if part:
        response["Content-Range"] = part.content_range(size)
    return response


def _unavailable(request: HttpRequest, file: Attachment, reason: str) -> HttpResponse:
    if is_api(request):
        raise Problem("not_found", reason)
    context = {"file": file, "session_id": file.session_id, "reason": reason}
    return render(request, "detail/unavailable.html", context, status=404)
