"""A small shop that is looked at: a page that logs, throws, asks its server, and goes on to another page."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = b"""<!doctype html><title>Shop</title><h1>Shop</h1>
<input id="name"><button id="buy">Buy</button><button id="break">Break</button><a href="/thanks">On</a>
<script>
console.log("shop is open");
fetch("/api/cart?full=1");
document.querySelector("#buy").addEventListener("click", () => { document.title = "Bought"; });
document.querySelector("#break").addEventListener("click", () => {
  console.error("the cart is broken");
  setTimeout(() => { throw new Error("cart is undefined"); });
});
</script>"""


class Shop(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        is_data = self.path.startswith("/api/")
        body = b'{"items": 2}' if is_data else PAGE
        self.send_response(404 if self.path == "/favicon.ico" else 200)
        self.send_header("Content-Type", "application/json" if is_data else "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said: object) -> None:
        """Quiet."""


@contextmanager
def open_shop() -> Iterator[str]:
    """Its address, while it is open."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
