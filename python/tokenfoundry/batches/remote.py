"""The files and batches of a provider that has them: asked, and read as they come."""

from __future__ import annotations

import codecs
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from tokenfoundry.batches.lines import Lines
from tokenfoundry.errors import ProviderError
from tokenfoundry.gateway.attempts.attempt import Attempt
from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.providers.batch_api import BatchApi, batch_api_of, line_url
from tokenfoundry.providers.client import ProviderClient
from tokenfoundry.providers.formats import Endpoint, WireRequest
from tokenfoundry.providers.http.limits import MAX_REPLY_BYTES
from tokenfoundry.settings import ProviderSettings

_TRANSFER_S = 3600.0
_RENEWAL_S = 60.0
_NAME = "line-"
# The states of a file that is not yet "processed" ("Azure OpenAI batch", Microsoft Learn). Of one that comes to "error"
# no batch can be made, and the provider says so then.
_BEING_READ = frozenset({"pending", "running", "notRunning"})
_CODE = re.compile(r"[a-z_]{1,64}")
# In a text of the line the quotes would be escaped.
_NAMED = re.compile(rb'"custom_id"\s*:\s*"(line-[0-9]{1,11})"')
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class RemoteRefused(ProviderError):
    """The provider answered with the error `status`. Its words are left out: they may quote a prompt."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the provider answered {status}")
        self.status = status

    @property
    def is_final(self) -> bool:
        """Whether the same would be refused again."""
        return 400 <= self.status < 500 and self.status not in (401, 403, 408, 409, 429)


@dataclass(frozen=True, slots=True)
class RemoteBatch:
    """What a provider says of a batch."""

    id: str
    status: str
    input_file: str
    output_file: str
    error_file: str
    code: str = ""
    """Why it failed, in a word."""

    @classmethod
    def of(cls, body: Any) -> RemoteBatch:
        """Raises `ProviderError` for what is no batch."""
        if not isinstance(body, dict) or not isinstance(body.get("id"), str) or not isinstance(body.get("status"), str):
            raise ProviderError("the provider's reply has not the shape of a batch")
        errors = body.get("errors")
        listed = errors.get("data") if isinstance(errors, dict) else None
        code = listed[0].get("code") if isinstance(listed, list) and listed and isinstance(listed[0], dict) else None
        return cls(
            id=body["id"],
            status=body["status"],
            input_file=str(body.get("input_file_id") or ""),
            output_file=str(body.get("output_file_id") or ""),
            error_file=str(body.get("error_file_id") or ""),
            code=code if isinstance(code, str) and _CODE.fullmatch(code) else "",
        )


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line of a provider's results that is no JSON object: nobody can say what was answered."""

    name: str
    """The line that it is about, as far as that can be seen; empty when it cannot."""


class RemoteBatches:
    """One provider. Everything raises `RemoteRefused`, or another `ProviderError` when it could not be asked."""

    def __init__(self, client: ProviderClient, name: str, settings: ProviderSettings) -> None:
        self._client = client
        self._name = name
        self._settings = settings

    async def upload(self, filename: str, size_bytes: int, content: Callable[[], AsyncIterator[bytes]]) -> str:
        """The id of a file that was sent."""
        made = await self._asked((await self._api()).upload(filename, size_bytes, content), within_s=_TRANSFER_S)
        if not isinstance(made.get("id"), str):
            raise ProviderError("the provider's reply has not the shape of a file")
        return str(made["id"])

    async def is_ready(self, file_id: str) -> bool:
        """Whether a batch can be made of a file: some providers read it first. One that cannot say is taken to be."""
        try:
            status = (await self._asked((await self._api()).file(file_id))).get("status")
        except RemoteRefused as refused:
            if refused.is_final:
                return True
            raise
        return status not in _BEING_READ

    async def create(self, file_id: str, url: str) -> RemoteBatch:
        return RemoteBatch.of(await self._asked((await self._api()).create(file_id, url)))

    async def find(self, file_id: str) -> RemoteBatch | None:
        """The batch that was made of that file, if there is one among the newest."""
        listed = (await self._asked((await self._api()).newest())).get("data")
        for body in listed if isinstance(listed, list) else []:
            batch = RemoteBatch.of(body)
            if batch.input_file == file_id:
                return batch
        return None

    async def batch(self, batch_id: str) -> RemoteBatch:
        return RemoteBatch.of(await self._asked((await self._api()).batch(batch_id)))

    async def cancel(self, batch_id: str) -> None:
        await self._asked((await self._api()).cancel(batch_id))

    async def delete(self, file_id: str) -> None:
        await self._asked((await self._api()).delete(file_id))

    async def content(self, file_id: str) -> AsyncIterator[dict[str, Any] | Unreadable]:
        """The lines of a file, as they come. Raises for what cannot be transferred, never for what a line says."""
        reader = ResultLines()
        async with self._client.transfer(
            self._name, (await self._api()).content(file_id), within_s=_TRANSFER_S
        ) as reply:
            if not reply.is_success:
                raise RemoteRefused(reply.status)
            async for data in reply.chunks():
                for line in reader.feed(data):
                    yield line
        for line in reader.feed(b"\n"):
            yield line

    async def _api(self) -> BatchApi:
        """With the first of the provider's keys: what is made with one is not known with another."""
        client, name = self._client, self._name
        keys = client.keys[name]
        if not keys:
            return batch_api_of(self._settings, None)
        _, identity = keys[0]
        key = client.key(name, identity)
        if key is None:
            await client.renew(name, identity, within_s=_RENEWAL_S)
            key = client.key(name, identity)
        return batch_api_of(self._settings, key)

    async def _asked(self, request: WireRequest, *, within_s: float = 60.0) -> dict[str, Any]:
        async with self._client.transfer(self._name, request, within_s=within_s) as reply:
            status, raw = reply.status, await reply.read()
        if not 200 <= status < 300:
            raise RemoteRefused(status)
        try:
            body = msgspec.json.decode(raw)
        except _UNREADABLE:
            raise ProviderError("the provider's reply is not JSON") from None
        return body if isinstance(body, dict) else {}


class ResultLines:
    """The lines of a provider's results, empty ones skipped. One that is longer than any reply may be is not kept."""

    def __init__(self, *, most_bytes: int = MAX_REPLY_BYTES) -> None:
        self._rest = bytearray()
        self._most_bytes = most_bytes
        self._skipped: Unreadable | None = None

    def feed(self, data: bytes) -> Iterator[dict[str, Any] | Unreadable]:
        """What these bytes complete."""
        self._rest += data
        if b"\n" in data:
            *lines, self._rest = self._rest.split(b"\n")
            for line in lines:
                if self._skipped is not None:
                    yield self._skipped
                    self._skipped = None
                elif line.strip():
                    yield _result(bytes(line))
        if len(self._rest) > self._most_bytes:
            self._skipped = self._skipped or _unreadable(bytes(self._rest))
            self._rest.clear()


def _result(line: bytes) -> dict[str, Any] | Unreadable:
    try:
        result = msgspec.json.decode(line.removeprefix(codecs.BOM_UTF8))
    except _UNREADABLE:
        return _unreadable(line)
    return result if isinstance(result, dict) else _unreadable(line)


def _unreadable(line: bytes) -> Unreadable:
    named = _NAMED.search(line)
    return Unreadable(named[1].decode() if named else "")


def wire_line(lines: Lines, call: Call, attempt: Attempt, *, number: int) -> bytes:
    """A line as the provider gets it: redacted, in its dialect, and named by its number, as the caller's own name may
    say anything. Raises `Untranslatable`.
    """
    settings = lines.engine.settings.providers[attempt.target.provider]
    said = lines.sender.said(call, attempt)
    # A key goes into the head of a request, of which nothing is used here.
    options = {**settings.options, "prompt_cache": settings.prompt_cache}
    body = said.request(Endpoint(settings.base_url, attempt.target.model, "-", options), stream=False, now_ms=0).body
    url = line_url(settings, said.plan.dialect)
    line = {"custom_id": f"{_NAME}{number}", "method": "POST", "url": url, "body": msgspec.Raw(body)}
    return msgspec.json.encode(line) + b"\n"


def number_of(name: Any) -> int:
    """The number of the line that a provider names; 0 when it names none."""
    text = name.removeprefix(_NAME) if isinstance(name, str) else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else 0
