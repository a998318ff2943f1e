"""UTF-8 that comes in pieces."""

from __future__ import annotations

import codecs

from tokenfoundry.errors import InvalidInput


class Utf8:
    """Decodes one text, piece by piece; an empty piece ends it."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def __call__(self, piece: bytes, lines: int) -> str:
        """The text of the piece, which `lines` line ends come before. Raises `InvalidInput` naming the line."""
        try:
            return self._decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            line = lines + bytes(error.object[: error.start]).count(b"\n") + 1
            raise InvalidInput(
                f"line {line} is not UTF-8 text ({error.reason}): convert the file first, such as with iconv -t utf-8"
            ) from None
