"""A provider with files and batches on loopback, as OpenAI's are: it takes a file, makes a batch of it, and answers its
lines when it is told to.

Shapes: openai-python 3.54, openai/types/file_object.py and batch.py; OpenAI's guide "Batch API" for the lines.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from support.upstream import Behaviour, Exchange, answer_with, completion, usage_of

Line = dict[str, Any]


def echo(line: Line) -> tuple[int, dict[str, Any]]:
    """Answers a chat with its last message, an embedding with a vector."""
    body = line["body"]
    if "messages" in body:
        return 200, completion(body["messages"][-1]["content"], usage=usage_of(20, 5))
    vector = {"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}
    usage = {"prompt_tokens": 3, "total_tokens": 3}
    return 200, {"object": "list", "model": "scripted", "data": [vector], "usage": usage}


class BatchProvider:
    """`answer` says what each line gets: a status and a body. A call that is no batch's is answered by `other`."""

    def __init__(self, answer: Callable[[Line], tuple[int, dict[str, Any]]] = echo) -> None:
        self.answer = answer
        self.other: Behaviour = answer_with("Ricevuto.")
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.uploads: list[bytes] = []
        self.deleted: list[str] = []
        self.asked: list[str] = []
        self.completes_by_itself = False
        """Whether a batch is done when it is asked for."""
        self.deletes = True
        self.readings = 0
        """How often a file is still being read when it is asked for."""
        self.before: Callable[[Exchange], Any] | None = None
        """Called first with each request; what it returns that is not None is the status to refuse it with."""

    async def __call__(self, exchange: Exchange) -> None:
        path = exchange.path.partition("?")[0].partition("/v1")[2]
        self.asked.append(f"{exchange.method} {path}")
        status = self.before(exchange) if self.before is not None else None
        if status is not None:
            await exchange.answer({"error": {"message": "no, mario.rossi@example.it"}}, status=status)
            return
        _, kind, *rest = path.split("/")
        if kind == "files":
            await self._files(exchange, rest)
        elif kind == "batches":
            await self._batches(exchange, rest)
        else:
            await self.other(exchange)

    async def _files(self, exchange: Exchange, rest: list[str]) -> None:
        if not rest:
            content = _file_in(exchange)
            id = f"file-{len(self.uploads) + 1}"
            self.uploads.append(content)
            self.files[id] = content
            shape = {"id": id, "object": "file", "bytes": len(content), "created_at": 1, "filename": "x"}
            await exchange.answer({**shape, "purpose": "batch", "status": "processed"})
        elif exchange.method == "DELETE":
            self.deleted.append(rest[0])
            if self.deletes:
                self.files.pop(rest[0], None)
            await exchange.answer({"id": rest[0], "object": "file", "deleted": True})
        elif rest[1:] != ["content"]:
            self.readings -= 1
            status = "pending" if self.readings >= 0 else "processed"
            await exchange.answer({"id": rest[0], "object": "file", "status": status})
        elif rest[0] in self.files:
            await exchange.answer(self.files[rest[0]], content_type="application/octet-stream")
        else:
            await exchange.answer({"error": {"message": "no such file"}}, status=404)

    async def _batches(self, exchange: Exchange, rest: list[str]) -> None:
        if not rest and exchange.method == "GET":
            await exchange.answer({"object": "list", "data": [*reversed(self.batches.values())], "has_more": False})
            return
        if not rest:
            id = f"batch_{len(self.batches) + 1}"
            asked = exchange.body
            self.batches[id] = {
                "id": id,
                "object": "batch",
                "endpoint": asked["endpoint"],
                "input_file_id": asked["input_file_id"],
                "completion_window": asked["completion_window"],
                "status": "in_progress",
                "created_at": 1,
            }
        else:
            id = rest[0]
            if rest[1:] == ["cancel"]:
                self.batches[id]["status"] = "cancelling"
            elif self.completes_by_itself and self.batches[id]["status"] == "in_progress":
                self.complete(id)
        await exchange.answer(self.batches[id])

    def complete(
        self, id: str = "", *, status: str = "completed", only: int | None = None, reverse: bool = False
    ) -> None:
        """Answers the lines of a batch, the newest unless it is named, or the first `only` of them, and ends it."""
        batch = self.batches[id or list(self.batches)[-1]]
        lines = [json.loads(line) for line in self.files[batch["input_file_id"]].splitlines()]
        output, errors = [], []
        for line in lines[:only]:
            code, body = self.answer(line)
            told = {
                "id": f"batch_req_{line['custom_id']}",
                "custom_id": line["custom_id"],
                "response": {"status_code": code, "request_id": "r", "body": body},
                "error": None,
            }
            (output if code == 200 else errors).append(told)
        for name, made in (("output", output), ("error", errors)):
            if made:
                id = f"{batch['id']}-{name}"
                self.files[id] = b"".join(json.dumps(each).encode() + b"\n" for each in made[:: -1 if reverse else 1])
                batch[f"{name}_file_id"] = id
        batch["status"] = status


def _file_in(exchange: Exchange) -> bytes:
    """The file of a form."""
    _, _, boundary = exchange.headers["content-type"].partition("boundary=")
    for part in exchange.raw.split(f"--{boundary}".encode()):
        head, _, content = part.partition(b"\r\n\r\n")
        if b"filename=" in head:
            return content.removesuffix(b"\r\n")
    raise AssertionError("the form has no file")
