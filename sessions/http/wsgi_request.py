"""The request as the server makes it, of headers that may say anything."""

from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters


class Request(WSGIRequest):
    """Takes a Content-Type for what it says of the body, and of nothing else.

    Django reads the address in the charset of the body as well. Some that Python knows are none ("base64"), and fail
    while the request is made, where no middleware sees it. Forms are in UTF-8, whatever they declare.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except (LookupError, ValueError):  # RFC 8187 lets a parameter name an encoding of its own
            self.content_type, self.content_params = "", {}
