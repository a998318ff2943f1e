"""Text in the character set that its sender states, read and written again.

What is no text in it goes through byte for byte: it is kept as lone surrogates (PEP 383).
"""

from __future__ import annotations

import codecs
from typing import Self

from python_multipart.multipart import parse_options_header


class Charset:
    """UTF-8, or a set that is ASCII and has one byte to a character: there each piece stands for itself."""

    def __init__(self, name: str) -> None:
        self._name = name

    @classmethod
    def of(cls, content_type: str) -> Self | None:
        """The one that is stated; UTF-8 where none is, None where it is another."""
        stated = parse_options_header(content_type)[1].get(b"charset", b"utf-8").decode("latin-1")
        try:
            name = codecs.lookup(stated).name
        except (LookupError, ValueError):
            return None
        is_known = name in ("utf-8", "ascii") or name.startswith(("iso8859-", "cp125"))
        return cls(name) if is_known else None

    def decoder(self) -> codecs.IncrementalDecoder:
        """For one text that comes in pieces."""
        return codecs.getincrementaldecoder(self._name)(errors="surrogateescape")

    def decoded(self, data: bytes) -> str:
        return data.decode(self._name, "surrogateescape")

    def encoded(self, text: str) -> bytes:
        """A character that the set does not have is a question mark.

        >>> latin = Charset("iso8859-1")
        >>> latin.encoded(latin.decoded(b"perch\\xe9") + " Łucja")
        b'perch\\xe9 ?ucja'
        """
        try:
            return text.encode(self._name, "surrogateescape")
        except UnicodeEncodeError:
            return b"".join(map(self._character, text))

    def _character(self, character: str) -> bytes:
        return character.encode(self._name, "surrogateescape" if "\udc80" <= character <= "\udcff" else "replace")
