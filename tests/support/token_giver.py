"""A server on loopback that gives tokens, as those of Google, Microsoft and Amazon do: each reply as a test scripts it,
each request kept.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


class TokenRequest(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    form: dict[str, str]
    """Of the body, or of the address when there is none."""


Give = Callable[[TokenRequest], tuple[int, str, dict[str, str]]]
"""Status, body and further headers for a request."""


class TokenGiver:
    """`received` are the requests in their order."""

    def __init__(self, give: Give, *, tls: ssl.SSLContext | None = None) -> None:
        self.give = give
        self.received: list[TokenRequest] = []
        giver = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer()

            def do_POST(self) -> None:
                self._answer()

            def do_PUT(self) -> None:
                self._answer()

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
                split = urlsplit(self.path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = TokenRequest(self.command, split.path, headers, dict(parse_qsl(body or split.query)))
                giver.received.append(request)
                status, text, more = giver.give(request)
                self.send_response(status)
                for name, value in {"content-type": "application/json", **more}.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.port: int = self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def service_account(directory: Path, token_uri: str) -> Path:
    """The key file of a made-up account of Google's whose tokens come from there."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode("ascii")
    path = directory / "account.json"
    stated = {
        "type": "service_account",
        "project_id": "demo",
        "private_key_id": "1",
        "private_key": pem,
        "client_email": "factory@demo.example.it",
        "token_uri": token_uri,
    }
    path.write_text(json.dumps(stated), encoding="utf-8")
    return path
