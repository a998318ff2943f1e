"""Files and batches at a provider: what each step is sent as. Pure functions, no I/O.

Source: openai-python 3.54, openai/resources/files.py and batches.py, openai/types; "Azure OpenAI batch" on Microsoft
Learn, where files and batches belong to the resource and have no deployment in their path.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import msgspec

from tokenfoundry.providers.formats import WireRequest
from tokenfoundry.providers.formats.json_request import bearer
from tokenfoundry.providers.formats.openai import PATHS
from tokenfoundry.settings import ProviderSettings

_HAVE_BATCHES = frozenset({"openai", "azure"})
_MOST_LISTED = 100
WINDOW = "24h"


@dataclass(frozen=True, slots=True)
class BatchApi:
    """One provider's, with one key: what it is told under one it does not know under another."""

    root: str
    query: str
    headers: dict[str, str] = field(repr=False)

    def upload(self, filename: str, size_bytes: int, content: Callable[[], AsyncIterator[bytes]]) -> WireRequest:
        """A file of `size_bytes` for a batch."""
        boundary = secrets.token_hex(24)  # 192 random bits occur in no file
        head = (
            f'--{boundary}\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
            f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="{filename}"\r\n'
            "content-type: application/jsonl\r\n\r\n"
        ).encode()
        tail = f"\r\n--{boundary}--\r\n".encode()

        async def pieces() -> AsyncIterator[bytes]:
            yield head
            async for piece in content():
                yield piece
            yield tail

        headers = {
            **self.headers,
            "content-type": f"multipart/form-data; boundary={boundary}",
            "content-length": str(len(head) + size_bytes + len(tail)),
        }
        return WireRequest(self._url("/files"), headers, b"", pieces=pieces)

    def create(self, file_id: str, url: str) -> WireRequest:
        """A batch of that file; `url` is that of its lines."""
        body = {"input_file_id": file_id, "endpoint": url, "completion_window": WINDOW}
        return self._post("/batches", body)

    def newest(self) -> WireRequest:
        """The batches that were made last."""
        return self._get("/batches", f"limit={_MOST_LISTED}")

    def batch(self, batch_id: str) -> WireRequest:
        return self._get(f"/batches/{quote(batch_id, safe='')}")

    def cancel(self, batch_id: str) -> WireRequest:
        return self._post(f"/batches/{quote(batch_id, safe='')}/cancel", {})

    def file(self, file_id: str) -> WireRequest:
        return self._get(f"/files/{quote(file_id, safe='')}")

    def content(self, file_id: str) -> WireRequest:
        return self._get(f"/files/{quote(file_id, safe='')}/content")

    def delete(self, file_id: str) -> WireRequest:
        return WireRequest(self._url(f"/files/{quote(file_id, safe='')}"), dict(self.headers), b"", method="DELETE")

    def _get(self, path: str, query: str = "") -> WireRequest:
        return WireRequest(self._url(path, query), dict(self.headers), b"", method="GET")

    def _post(self, path: str, body: dict[str, Any]) -> WireRequest:
        headers = {**self.headers, "content-type": "application/json"}
        return WireRequest(self._url(path), headers, msgspec.json.encode(body))

    def _url(self, path: str, query: str = "") -> str:
        joined = "&".join(each for each in (self.query, query) if each)
        return f"{self.root}{path}{'?' if joined else ''}{joined}"


def has_batches(provider: ProviderSettings) -> bool:
    """Whether batches go to this provider as files."""
    if provider.batches == "auto":
        return provider.format in _HAVE_BATCHES
    return provider.batches == "on"


def line_url(provider: ProviderSettings, dialect: str) -> str:
    """The `url` of a line in that dialect, and the `endpoint` of its batch."""
    is_dated = provider.format == "azure" and "api_version" in provider.options
    return PATHS[dialect] if is_dated else f"/v1{PATHS[dialect]}"


def batch_api_of(provider: ProviderSettings, key: str | None) -> BatchApi:
    """The provider's files and batches, with that key of its."""
    options = provider.options
    if provider.format != "azure":
        account = {f"openai-{name}": options[name] for name in ("organization", "project") if name in options}
        return BatchApi(provider.base_url, "", {**bearer(key), **account})
    headers = bearer(key) if options.get("auth") == "entra" else {"api-key": key or ""}
    root = provider.base_url.removesuffix("/v1").removesuffix("/openai") + "/openai"
    version = options.get("api_version")
    if version is None:
        return BatchApi(f"{root}/v1", "", headers)
    return BatchApi(root, f"api-version={quote(version, safe='')}", headers)
