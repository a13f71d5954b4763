"""A page of somebody else's site, with the widget on it."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Somebody's page</title>
<link rel="stylesheet" href="/site.css">
<script src="{shohay}/widget.js" {attributes} defer></script>
</head>
<body><main><h1>A shop of its own</h1><p>With a page that allows next to nothing.</p>
<p><button type="button" id="ours">Our own button</button></p></main></body>
</html>
"""
# what the page's own rules would do to the widget if they reached it
STYLE = """* { font-family: monospace; }
body { background: #fbf7f0; margin: 4rem; }
button { background: red; font-size: 40px; }
div, p, span { color: green; letter-spacing: 3px; }"""
POLICY = (
    "default-src 'none'; script-src {shohay}; connect-src {shohay}; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
)


class Elsewhere:
    """Serves PAGE under a strict policy, by the address that may embed the widget and by one that may not."""

    def __init__(self) -> None:
        self.embed("")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        Thread(target=self._server.serve_forever, daemon=True).start()

    def embed(self, shohay: str, attributes: str = "", language: str = "en") -> None:
        """Puts the widget of the Shohay at this address on the page, by a tag with these attributes."""
        self.shohay, self.attributes, self.language = shohay, attributes, language

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def unknown_origin(self) -> str:
        """The same page, by a name that nobody has allowed."""
        return f"http://localhost:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/site.css":
                    self._answer("text/css", STYLE)
                elif self.path == "/":
                    values = {"shohay": site.shohay, "attributes": site.attributes, "language": site.language}
                    self._answer("text/html; charset=utf-8", PAGE.format(**values))
                else:
                    self.send_error(404)

            def _answer(self, kind: str, text: str) -> None:
                body = text.encode()
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Security-Policy", POLICY.format(shohay=site.shohay))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
