"""Forms with files (`multipart/form-data`, RFC 7578), read whole from memory."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from tokenfoundry.gateway.replies import invalid

# How a form says yes and no.
YES_NO = {"true": True, "True": True, "1": True, "false": False, "False": False, "0": False, "": False}

_MAX_PARTS = 64
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,8})\Z")
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,64}/[a-z0-9.+-]{1,64}")


@dataclass(slots=True)
class _Part:
    headers: dict[str, str] = field(default_factory=dict)
    header_name: bytearray = field(default_factory=bytearray)
    header_value: bytearray = field(default_factory=bytearray)
    data: bytearray = field(default_factory=bytearray)


def read_form(content_type: str, raw: bytes) -> dict[str, Any]:
    """The fields of a form: texts as strings, a name that ends in `[]` as a list, and a file as `{"name",
    "content_type", "data"}`.

    Of a file's name only the extension is kept: the rest may say whose it is. Raises `Refused` (400).
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 1 <= len(boundary) <= 70:
        raise invalid("the body should be a form: content-type: multipart/form-data with a boundary")
    parts = _parts(raw, boundary)
    form: dict[str, Any] = {}
    for part in parts:
        _, named = parse_options_header(part.headers.get("content-disposition", ""))
        try:
            name = named.get(b"name", b"").decode()
            value: Any = _file(part, named[b"filename"]) if b"filename" in named else part.data.decode()
        except UnicodeDecodeError:
            raise invalid("a field of the form is not UTF-8") from None
        if not name:
            raise invalid("a part of the form has no name")
        if name.endswith("[]"):
            form.setdefault(name, []).append(value)
        elif name in form:
            raise invalid(f"{name}: is there twice", param=name)
        else:
            form[name] = value
    return form


def _parts(raw: bytes, boundary: bytes) -> list[_Part]:
    parts: list[_Part] = []
    ended = False

    def begin() -> None:
        if len(parts) >= _MAX_PARTS:
            raise invalid(f"the form has over {_MAX_PARTS} parts")
        parts.append(_Part())

    def header_end() -> None:
        part = parts[-1]
        name = part.header_name.decode("latin-1").lower()
        # Names of fields and files are UTF-8 (RFC 7578, section 5.1); they are decoded where they are taken apart.
        part.headers[name] = part.header_value.decode("latin-1")
        part.header_name.clear()
        part.header_value.clear()

    def end() -> None:
        nonlocal ended
        ended = True

    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": begin,
            "on_header_field": lambda data, start, stop: parts[-1].header_name.extend(data[start:stop]),
            "on_header_value": lambda data, start, stop: parts[-1].header_value.extend(data[start:stop]),
            "on_header_end": header_end,
            "on_part_data": lambda data, start, stop: parts[-1].data.extend(data[start:stop]),
            "on_end": end,
        },
    )
    try:
        parser.write(raw)
        parser.finalize()
    except FormParserError as error:
        raise invalid(f"the form cannot be read: {type(error).__name__}") from None
    if not ended:
        raise invalid("the form is cut short")
    return parts


def _file(part: _Part, name: bytes) -> dict[str, Any]:
    extension = _EXTENSION.search(name.decode())
    stated = part.headers.get("content-type", "").partition(";")[0].strip().lower()
    return {
        "name": f"file.{extension[1]}" if extension else "file",
        "content_type": stated if _MEDIA_TYPE.fullmatch(stated) else "application/octet-stream",
        "data": bytes(part.data),
    }
