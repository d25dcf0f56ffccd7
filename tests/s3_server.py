"""moto's S3 as a process of its own, on a port that it prints. `GET /-/asked` says what it was asked, and what it sent.

`python s3_server.py`; ends when its standard input does, so never later than the tests.
"""

import json
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def recording(app: App) -> App:
    asked: list[dict[str, Any]] = []

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/-/asked":
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(asked).encode()]
        entry = {"method": environ["REQUEST_METHOD"], "range": environ.get("HTTP_RANGE"), "sent": 0}
        asked.append(entry | {"path": environ["PATH_INFO"]})
        return _counted(app(environ, start_response), asked[-1])

    return answer


def _counted(chunks: Iterable[bytes], entry: dict[str, Any]) -> Iterator[bytes]:
    for chunk in chunks:
        entry["sent"] += len(chunk)
        yield chunk


class Quiet(WSGIRequestHandler):
    def log_request(self, *args: Any) -> None:
        pass


if __name__ == "__main__":
    app = recording(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    print(server.port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
