"""How tests of batches speak to a gateway: with the official client, in this process."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openai import OpenAI
from openai.types import Batch, FileObject

from support.factories import config
from tokenfoundry.factory import TokenFactory

CHAT = "/v1/chat/completions"
_PATIENCE_S = 30
EMAIL = "mario.rossi@example.it"


def batching(base_url: str, data_dir: Path, **sections: Any) -> dict[str, Any]:
    """A configuration that looks at batches whenever it is asked. Models: `small` and `large` at a provider with
    batches, `node` on-prem and `plain` at one without, `auto` the sensitive calls on-prem.
    """
    made = config(base_url, data_dir, **sections)
    provider = made["providers"]["upstream"]
    made["providers"]["node"] = {**provider, "format": "vllm"}
    made["targets"]["node"]["provider"] = "node"
    made["targets"]["plain"] = {**made["targets"]["small"], "provider": "node", "model": "plain-1"}
    made["aliases"]["either"] = ["small", "node"]
    made.setdefault("batches", {"poll": "1ms"})
    return made


def line(name: str, text: str = "Ciao", *, model: str = "small", **fields: Any) -> dict[str, Any]:
    body = {"model": model, "messages": [{"role": "user", "content": text}], "max_tokens": 20, **fields}
    return {"custom_id": name, "method": "POST", "url": CHAT, "body": body}


def jsonl(lines: Sequence[dict[str, Any] | bytes]) -> bytes:
    return b"\n".join(each if isinstance(each, bytes) else json.dumps(each).encode() for each in lines) + b"\n"


def upload(client: OpenAI, lines: Sequence[dict[str, Any] | bytes], **fields: Any) -> FileObject:
    return client.files.create(file=("lines.jsonl", jsonl(lines)), purpose="batch", **fields)


def create(client: OpenAI, lines: Sequence[dict[str, Any] | bytes], *, url: Any = CHAT, **fields: Any) -> Batch:
    file = upload(client, lines)
    return client.batches.create(input_file_id=file.id, endpoint=url, completion_window="24h", **fields)


def until(client: OpenAI, batch: Batch, *statuses: str) -> Batch:
    """The batch once it has one of these statuses. Each look has the gateway look."""
    ends_s = time.monotonic() + _PATIENCE_S
    while time.monotonic() < ends_s:
        seen = client.batches.retrieve(batch.id)
        if seen.status in statuses:
            return seen
    raise AssertionError(f"still {seen.status}")


def results(client: OpenAI, file_id: str | None) -> dict[str, dict[str, Any]]:
    """The lines of an output or error file by their names."""
    assert file_id is not None
    lines = [json.loads(each) for each in client.files.content(file_id).read().splitlines()]
    return {each["custom_id"]: each for each in lines}


def said(result: dict[str, Any]) -> str:
    """What a chat's line was answered with."""
    text: str = result["response"]["body"]["choices"][0]["message"]["content"]
    return text


def bytes_on_disk(factory: TokenFactory) -> bytes:
    """Everything below the data directory."""
    return b"".join(path.read_bytes() for path in Path(factory.settings.data_dir).rglob("*") if path.is_file())
