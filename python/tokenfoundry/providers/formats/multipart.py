"""A body of multipart/form-data (RFC 7578), as transcriptions are posted.

The decoded form of such a body is a mapping in which a file is `{"filename": str, "content_type": str, "data": bytes}`
and everything else a text, a number, a boolean or a list of them.
"""

from __future__ import annotations

import secrets
from typing import Any

from tokenfoundry.errors import InvalidInput

Body = dict[str, Any]


def encode(body: Body) -> tuple[str, bytes]:
    """The content type and the bytes. Raises `InvalidInput` for a value that a form cannot hold."""
    boundary = secrets.token_hex(16)
    parts: list[bytes] = []
    for name, value in body.items():
        if value is None:
            continue
        for each_name, each in [(f"{name}[]", each) for each in value] if isinstance(value, list) else [(name, value)]:
            parts += [f"--{boundary}\r\n".encode(), *_part(each_name, each), b"\r\n"]
    parts.append(f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(parts)


def _part(name: str, value: Any) -> list[bytes]:
    head = f'content-disposition: form-data; name="{_quoted(name)}"'
    if isinstance(value, dict) and isinstance(value.get("data"), bytes):
        file_name, content_type = str(value.get("filename", "file")), str(value.get("content_type", ""))
        head += f'; filename="{_quoted(file_name)}"'
        kind = content_type if content_type.isprintable() and content_type else "application/octet-stream"
        return [f"{head}\r\ncontent-type: {kind}\r\n\r\n".encode(), value["data"]]
    if isinstance(value, bool):
        value = "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise InvalidInput(f"{name} cannot be sent in a form")
    return [f"{head}\r\n\r\n{value}".encode()]


def _quoted(name: str) -> str:
    """As browsers escape a name (WHATWG HTML, "multipart/form-data encoding algorithm")."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
