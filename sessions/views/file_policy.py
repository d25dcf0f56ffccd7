"""The content security policy of a page that shows files, which come from S3's origin where signed URLs are on."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.decorators import csp_update
from django.http import HttpResponseBase

from sessions.attachments.delivery import signed_origin


def shows_files(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The redirect to a signed URL is followed only where its origin is allowed too: for pictures, videos and sounds.

    No script reads files, so `connect-src` stays as it is.
    """

    @wraps(view)
    def shown(*args: Any, **kwargs: Any) -> HttpResponseBase:
        origin = signed_origin()
        if origin is None:
            return view(*args, **kwargs)
        return csp_update({"img-src": [origin], "media-src": [origin]})(view)(*args, **kwargs)

    return shown
