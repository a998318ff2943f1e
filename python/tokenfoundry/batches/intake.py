"""An upload, taken as it comes: each line is checked as the call that it will be, and what is kept is sealed.

In memory there are a line and a piece of the file at a time, and eight bytes for each line's name.
"""

from __future__ import annotations

import asyncio
import codecs
import hashlib
from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple

import msgspec

from tokenfoundry.batches.form import UploadForm
from tokenfoundry.batches.lines import URLS, Asker, Lines
from tokenfoundry.batches.records import File, Owner
from tokenfoundry.batches.store import FILE_PREFIX, Store
from tokenfoundry.gateway.asgi import Receive
from tokenfoundry.gateway.client_watch import ClientGone
from tokenfoundry.gateway.replies import Refused, invalid
from tokenfoundry.ids import uuid7
from tokenfoundry.privacy.sealed_log import LogWriter

_PIECE_BYTES = 64 * 1024
_FORM_BYTES = 64 * 1024  # What a form may have beside its file.
_MAX_ID_CHARACTERS = 512
_STATED = ("custom_id", "method", "url")
_KEEP_S = (3600, 30 * 86_400)  # openai-python, types/file_create_params.py


class Asked(NamedTuple):
    """What a line asks."""

    custom_id: str
    url: str
    body: bytes


_NOTHING = msgspec.Raw(b"null")


def read_line(raw: bytes) -> Asked:
    """A line of an upload. Raises `Refused`, which quotes nothing of it."""
    try:
        line = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        custom_id, method, url = (msgspec.json.decode(line.get(name, _NOTHING)) for name in _STATED)
    except msgspec.ValidationError:
        raise invalid("is not a JSON object", param="file") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if raw.startswith(codecs.BOM_UTF8):
            what = "starts with a byte order mark: write the file as UTF-8 without one"
            raise invalid(what, param="file") from None
        raise invalid("is not JSON", param="file") from None
    if not isinstance(custom_id, str) or not 1 <= len(custom_id) <= _MAX_ID_CHARACTERS:
        raise invalid(f"custom_id: needs a text of 1 to {_MAX_ID_CHARACTERS} characters", param="custom_id")
    if method != "POST":
        raise invalid("method: should be POST", param="method")
    if url not in URLS:
        raise invalid(f"url: should be one of {', '.join(URLS)}", param="url")
    if "body" not in line:
        raise invalid("body: needs a JSON object", param="body")
    if len(line) > len(_STATED) + 1:
        raise invalid("has fields besides custom_id, method, url and body", param="file")
    return Asked(custom_id, url, bytes(line["body"]))


class Intake:
    """Takes one upload."""

    def __init__(self, lines: Lines, store: Store, asker: Asker, *, now_ms: int) -> None:
        self._lines = lines
        self._store = store
        self._asker = asker
        self._now_ms = now_ms
        self._settings = lines.engine.settings.batches
        self._id = FILE_PREFIX + uuid7(now_ms).replace("-", "")
        self._rest = bytearray()
        self._sealing = bytearray()
        self._size_bytes = 0
        # As if this upload began with nothing counted.
        self._others_bytes = store.disk_bytes() - store.take(0)
        self._number = 0
        self._requests = 0
        self._seen: set[bytes] = set()
        self._url = self._model = ""

    async def take(self, headers: Mapping[str, str], receive: Receive) -> File:
        """The file, once all of it is kept. Raises `Refused`, naming the line that is wrong, when nothing is kept."""
        form = UploadForm(headers.get("content-type", ""))
        pieces = _pieces(headers, receive, max_bytes=self._settings.max_file_bytes + _FORM_BYTES)
        try:
            with self._store.writer(self._id, "content") as writer:
                try:
                    async for piece in pieces:
                        for content in form.feed(piece):
                            self._check_purpose(form)
                            await self._content(content, writer)
                    form.close()
                    self._check_purpose(form)
                    await self._end(writer)
                except Refused:
                    # A client that still writes does not read what it is told.
                    async for _ in pieces:
                        pass
                    raise
                writer.close(sync=self._store.sync)
            file = self._file(form)
            await asyncio.to_thread(self._store.put, file)
        except BaseException:
            self._store.erase(self._id, "content")
            self._store.take(-self._size_bytes)
            raise
        return file

    def _file(self, form: UploadForm) -> File:
        key = self._asker.key
        return File(
            id=self._id,
            owner=Owner(key.workspace, key.project),
            purpose="batch",
            filename=form.filename or "file",
            size_bytes=self._size_bytes,
            lines=self._requests,
            created_ms=self._now_ms,
            expires_ms=self._now_ms + min(self._settings.keep_ms, self._asked_keep_ms(form)),
            key=key.id,
            url=self._url,
            model=self._model,
        )

    def _check_purpose(self, form: UploadForm) -> None:
        purpose = form.fields.get("purpose")
        # It may stand behind the file.
        if purpose != "batch" and (purpose is not None or form.ended):
            raise invalid("purpose: should be batch, the only kind of file that is taken", param="purpose")

    def _asked_keep_ms(self, form: UploadForm) -> int:
        anchor, seconds = (form.fields.get(f"expires_after[{name}]") for name in ("anchor", "seconds"))
        if anchor is None and seconds is None:
            return self._settings.keep_ms
        least, most = _KEEP_S
        if anchor != "created_at" or not (seconds and seconds.isascii() and seconds.isdecimal() and len(seconds) < 9):
            raise invalid("expires_after: needs anchor created_at, and seconds", param="expires_after")
        if not least <= int(seconds) <= most:
            raise invalid(f"expires_after: seconds should be from {least} to {most}", param="expires_after")
        return int(seconds) * 1000

    # -- content -------------------------------------------------------------------------------------------------------

    async def _content(self, data: bytes, writer: LogWriter) -> None:
        if self._size_bytes + len(data) > self._settings.max_file_bytes:
            raise _too_large(self._settings.max_file_bytes)
        if self._others_bytes + self._store.take(len(data)) > self._settings.max_bytes:
            self._store.take(-len(data))
            raise storage_full()
        self._size_bytes += len(data)
        self._sealing += data
        if len(self._sealing) >= _PIECE_BYTES:
            writer.append(bytes(self._sealing))
            self._sealing.clear()
        self._rest += data
        *lines, rest = self._rest.split(b"\n")
        self._rest = rest
        for line in lines:
            await self._line(bytes(line))
        if len(self._rest) > self._settings.max_line_bytes:
            raise self._too_long(self._number + 1)

    async def _end(self, writer: LogWriter) -> None:
        if self._rest:
            await self._line(bytes(self._rest))
        if not self._requests:
            raise invalid("the file is empty: it needs a request on each line", param="file")
        if self._sealing:
            writer.append(bytes(self._sealing))

    # -- lines ---------------------------------------------------------------------------------------------------------

    async def _line(self, raw: bytes) -> None:
        self._number += 1
        if len(raw) > self._settings.max_line_bytes:
            raise self._too_long(self._number)
        if not raw.strip():
            return
        self._requests += 1
        if self._requests > self._settings.max_lines:
            raise invalid(f"the file has over {self._settings.max_lines} requests", param="file")
        try:
            await self._check(raw)
        except Refused as refused:
            raise in_line(self._number, refused) from None

    async def _check(self, raw: bytes) -> None:
        asked = read_line(raw)
        digest = hashlib.blake2b(asked.custom_id.encode(), digest_size=8).digest()
        if digest in self._seen:
            raise invalid("custom_id: another line has the same", param="custom_id")
        self._seen.add(digest)
        if self._url and asked.url != self._url:
            raise invalid(f"url: a file has one, and the lines before have {self._url}", param="url")
        id = f"{self._id}:{self._requests}"
        call = await self._lines.begin(asked.url, asked.body, self._asker, id=id, at_ms=self._now_ms)
        if self._model and call.alias != self._model:
            raise invalid(f"body.model: a file has one, and the lines before have {self._model!r}", param="body.model")
        self._url, self._model = asked.url, call.alias

    def _too_long(self, number: int) -> Refused:
        what = f"line {number} is over {self._settings.max_line_bytes} bytes (batches.max_line_bytes)"
        return invalid(what, param="file")


def storage_full() -> Refused:
    what = "the files that are kept take all the disk that they may (batches.max_bytes): delete some"
    return Refused(413, "storage_full", what, param="file")


def in_line(number: int, refused: Refused) -> Refused:
    """The refusal of a line, with its number."""
    return Refused(refused.status, refused.code, f"line {number}: {refused}", kind=refused.kind, param=refused.param)


def _too_large(max_bytes: int) -> Refused:
    return invalid(f"the file is over {max_bytes} bytes", status=413, code="request_too_large", param="file")


async def _pieces(headers: Mapping[str, str], receive: Receive, *, max_bytes: int) -> AsyncIterator[bytes]:
    """The body in small pieces, with a breath for the loop after each. Raises `Refused` when it is too large, and
    `ClientGone` when it never ends.
    """
    declared = headers.get("content-length", "")
    if declared.isascii() and declared.isdecimal() and int(declared) > max_bytes:
        raise _too_large(max_bytes - _FORM_BYTES)
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body = message.get("body", b"")
        size += len(body)
        if size > max_bytes:
            raise _too_large(max_bytes - _FORM_BYTES)
        for start in range(0, len(body), _PIECE_BYTES):
            yield body[start : start + _PIECE_BYTES]
            await asyncio.sleep(0)
        if not message.get("more_body", False):
            return
