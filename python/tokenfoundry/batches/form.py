"""The form of an upload (`multipart/form-data`, RFC 7578), read as it comes: its file is handed on in pieces."""

from __future__ import annotations

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from tokenfoundry.gateway.replies import invalid

_MAX_FIELDS = 16
_MAX_FIELD_BYTES = 1024
_MAX_HEADER_BYTES = 4096
_MAX_NAME_CHARACTERS = 255


class UploadForm:
    """One form, fed piece by piece. `fields` are its texts, `filename` that of its file; both grow while it is read."""

    def __init__(self, content_type: str) -> None:
        """Raises `Refused` for what is no form."""
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not 1 <= len(boundary) <= 70:
            raise invalid("the body should be a form: content-type: multipart/form-data with a boundary")
        self.fields: dict[str, str] = {}
        self.filename: str | None = None
        self._name = ""
        self._text = bytearray()
        self._pieces: list[bytes] = []
        self._is_file = False
        self.ended = False
        self._headers: dict[str, str] = {}
        self._header = bytearray()
        self._value = bytearray()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: _extend(self._header, data[start:end]),
                "on_header_value": lambda data, start, end: _extend(self._value, data[start:end]),
                "on_header_end": self._end_of_header,
                "on_headers_finished": self._end_of_headers,
                "on_part_data": self._data,
                "on_part_end": self._end_of_part,
                "on_end": self._end,
            },
        )

    def feed(self, data: bytes) -> list[bytes]:
        """The pieces of the file in these bytes. Raises `Refused`."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise invalid(f"the form cannot be read: {type(error).__name__}") from None
        pieces, self._pieces = self._pieces, []
        return pieces

    def close(self) -> None:
        """Raises `Refused` when the form is cut short, or has no file."""
        if not self.ended:
            raise invalid("the form is cut short")
        if self.filename is None:
            raise invalid("file: is required", param="file")

    def _begin(self) -> None:
        self._headers = {}
        self._is_file = False
        self._name = ""
        self._text.clear()

    def _end_of_header(self) -> None:
        self._headers[self._header.decode("latin-1").lower()] = self._value.decode("latin-1")
        self._header.clear()
        self._value.clear()

    def _end_of_headers(self) -> None:
        _, named = parse_options_header(self._headers.get("content-disposition", ""))
        try:
            self._name = named.get(b"name", b"").decode()
            filename = named[b"filename"].decode() if b"filename" in named else None
        except UnicodeDecodeError:
            raise invalid("a name in the form is not UTF-8") from None
        if filename is None:
            if len(self.fields) >= _MAX_FIELDS:
                raise invalid(f"the form has over {_MAX_FIELDS} fields")
            return
        if self._name != "file" or self.filename is not None:
            raise invalid("the form should have one file, called file", param="file")
        self._is_file = True
        self.filename = filename.replace("\\", "/").rpartition("/")[2][:_MAX_NAME_CHARACTERS] or "file"

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self._pieces.append(data[start:end])
            return
        self._text += data[start:end]
        if len(self._text) > _MAX_FIELD_BYTES:
            raise invalid(f"{self._name}: is over {_MAX_FIELD_BYTES} bytes, and no file", param=self._name)

    def _end_of_part(self) -> None:
        if self._is_file:
            return
        if not self._name or self._name in self.fields:
            raise invalid(f"{self._name or 'a field without name'}: is there twice", param=self._name or None)
        try:
            self.fields[self._name] = self._text.decode()
        except UnicodeDecodeError:
            raise invalid(f"{self._name}: is not UTF-8", param=self._name) from None

    def _end(self) -> None:
        self.ended = True


def _extend(header: bytearray, data: bytes) -> None:
    header += data
    if len(header) > _MAX_HEADER_BYTES:
        raise invalid(f"a header in the form is over {_MAX_HEADER_BYTES} bytes")
