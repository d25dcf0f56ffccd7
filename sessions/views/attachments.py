"""A session's files: served with ranges to whoever may see the session, and shown in a viewer by what they are."""

import re
from typing import IO
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from sessions.contract.errors import Problem
from sessions.files.delivery import internal_path, signed_url
from sessions.files.media import is_inline, is_medium, served_type
from sessions.files.ranges import ByteRange, RangeNotSatisfiable, parse_range, slice_of
from sessions.http.content_policy import shows_files
from sessions.http.errors import is_api
from sessions.http.roles import MemberRequest
from sessions.models import Attachment
from sessions.viewers.recordings.opened import recorded_as
from sessions.views.detail import visible_session
from sessions.views.recordings import recording_moment
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
        return _from_elsewhere(request, file, headers) or _from_here(request, file, headers)
    except FileNotFoundError:
        return _unavailable(request, file, GONE)


@require_safe
@shows_files
def attachment_view(request: MemberRequest, session_id: UUID, name: str) -> HttpResponse:
    """The file in its viewer, or its facts where there is none."""
    record = visible_session(request, session_id)
    file = _row(session_id, name)
    if not file.available:
        return _unavailable(request, file, NOT_SENT)
    try:
        return viewer_page(request, record, file, recorded_as(file))
    except FileNotFoundError:
        return _unavailable(request, file, GONE)


@require_safe
def attachment_moment(request: MemberRequest, session_id: UUID, name: str) -> HttpResponse:
    """What a recording shows at `?t=`, in seconds from its start."""
    file = _find(request, session_id, name)
    try:
        return recording_moment(request, file)
    except FileNotFoundError as error:
        raise Http404 from error


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


def _from_elsewhere(request: HttpRequest, file: Attachment, headers: dict[str, str]) -> HttpResponse | None:
    """The answer that has nginx or S3 send the file, where that is configured. Raises FileNotFoundError."""
    if (path := internal_path(file.storage_name)) and "If-Match" not in request.headers:
        # nginx would hold If-Match, which was met above, against a tag of its own, and refuse.
        answer = HttpResponse(headers=headers | {"X-Accel-Redirect": path})
    elif _may_come_from_s3(request, file, headers) and (url := signed_url(file.storage_name, headers)):
        answer = HttpResponseRedirect(url)
    else:
        return None
    if not default_storage.exists(file.storage_name):
        raise FileNotFoundError
    return answer


def _may_come_from_s3(request: HttpRequest, file: Attachment, headers: dict[str, str]) -> bool:
    """S3 sends neither the policy nor nosniff: pictures, videos, sounds and what is only saved do without.

    The API's clients get the file itself. Many do not follow redirects, many of the others would carry their token
    along to another host, and S3 refuses a request that holds an Authorization beside its signature.
    """
    safe = headers["Content-Disposition"].startswith("attachment") or is_medium(file.content_type)
    return safe and not is_api(request)


def _from_here(request: HttpRequest, file: Attachment, headers: dict[str, str]) -> HttpResponseBase:
    """Raises FileNotFoundError."""
    try:
        part = _part_asked_for(request, headers["ETag"], file.size)
    except RangeNotSatisfiable:
        return HttpResponse(status=416, headers=headers | {"Content-Range": f"bytes */{file.size}"})
    return _stream(default_storage.open(file.storage_name), part, file.size, headers)


def _part_asked_for(request: HttpRequest, etag: str, size: int) -> ByteRange | None:
    """If-Range holds a strong ETag; a date never matches, as no Last-Modified is sent. Raises RangeNotSatisfiable."""
    header = request.headers.get("Range")
    condition = request.headers.get("If-Range")
    if header is None or (condition is not None and condition.strip() != etag):
        return None
    return parse_range(header, size)


def _stream(content: IO[bytes], part: ByteRange | None, size: int, headers: dict[str, str]) -> StreamingHttpResponse:
    whole = ByteRange(0, size)
    response = StreamingHttpResponse(slice_of(content, part or whole), status=206 if part else 200, headers=headers)
    response["Content-Length"] = str((part or whole).length)
    if part:
        response["Content-Range"] = part.content_range(size)
    return response


def _unavailable(request: HttpRequest, file: Attachment, reason: str) -> HttpResponse:
    if is_api(request):
        raise Problem("not_found", reason)
    context = {"file": file, "session_id": file.session_id, "reason": reason}
    return render(request, "detail/unavailable.html", context, status=404)
