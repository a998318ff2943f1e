"""Bodies that hold files: written as `multipart/form-data` (RFC 7578)."""

from __future__ import annotations

import secrets
from typing import Any


def form(fields: dict[str, Any]) -> tuple[str, bytes]:
    """Content type and body of a form: a list is a part for each item, `{"name", "content_type", "data"}` a file."""
    boundary = secrets.token_hex(24)  # 192 random bits occur in no file
    written: list[bytes] = []
    for name, value in fields.items():
        for each in value if isinstance(value, list) else [value]:
            head = f'--{boundary}\r\ncontent-disposition: form-data; name="{_quoted(name)}"'
            if isinstance(each, dict):
                head += f'; filename="{_quoted(each["name"])}"\r\ncontent-type: {each["content_type"]}'
                data = each["data"]
            else:
                data = (str(each).lower() if isinstance(each, bool) else str(each)).encode()
            written += (head.encode(), b"\r\n\r\n", data, b"\r\n")
    written.append(f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(written)


def _quoted(name: str) -> str:
    """As browsers write it (WHATWG HTML, "Multipart form data")."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
