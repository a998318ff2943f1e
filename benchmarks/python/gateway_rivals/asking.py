"""What every gateway is asked, and what the provider behind it answers."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODEL = "gpt-4o-mini"
REPLY_TEXT = "Buongiorno, abbiamo ricevuto la richiesta e la pratica è in lavorazione. " * 3
STREAM_PIECES = 40
UNIQUE = "@" * 12  # What the load generator numbers anew in each request.

_HEAD = {"id": "chatcmpl-1", "created": 1, "model": MODEL}
_USAGE = {"prompt_tokens": 300, "completion_tokens": 60, "total_tokens": 360}
_WORDS = [
    "pratica",
    "rimborso",
    "polizza",
    "cliente",
    "documento",
    "pagamento",
    "scadenza",
    "ufficio",
    "risposta",
    "termine",
    "conto",
    "modulo",
]


def reply() -> bytes:
    """The provider's whole answer."""
    message = {"role": "assistant", "content": REPLY_TEXT}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return json.dumps({**_HEAD, "object": "chat.completion", "choices": choices, "usage": _USAGE}).encode()


def stream() -> bytes:
    """Its answer as the data of events, a line each: the text in 40 pieces."""
    size = -(-len(REPLY_TEXT) // STREAM_PIECES)
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": REPLY_TEXT[at : at + size]} for at in range(0, len(REPLY_TEXT), size)]
    chunks = [_chunk([{"index": 0, "delta": delta, "finish_reason": None}]) for delta in deltas]
    chunks.append(_chunk([{"index": 0, "delta": {}, "finish_reason": "stop"}]))
    chunks.append({**_chunk([]), "usage": _USAGE})
    return b"\n".join([*(json.dumps(chunk).encode() for chunk in chunks), b"[DONE]"])


def _chunk(choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {**_HEAD, "object": "chat.completion.chunk", "choices": choices}


def body(model: str, *, unique: bool, stream: bool = False, seed: int = 0) -> bytes:
    """A request of about 1.3 KB in Italian with an e-mail address and a valid IBAN. One that is `unique` stays so once
    its personal data is replaced: it has a number of its own beside its address.
    """
    chance = random.Random(seed)
    words = " ".join(chance.choices(_WORDS, k=125))
    account = f"0542811101{chance.randrange(10**12):012d}"
    check = 98 - int("".join(str(int(letter, 36)) for letter in f"X{account}IT00")) % 97
    number = UNIQUE if unique else seed
    mail = f"utente{number}@example.it"
    content = f"Pratica {number}: {words}. Scrivere a {mail}, IBAN IT{check:02d}X{account}. {words[:200]}"
    asked: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": content}], "max_tokens": 200}
    if stream:
        asked |= {"stream": True, "stream_options": {"include_usage": True}}
    return json.dumps(asked).encode()


@dataclass(frozen=True, slots=True)
class Asking:
    """How one gateway is asked: the path, the headers, and what it calls the model."""

    port: int
    path: str = "/v1/chat/completions"
    model: str = MODEL
    headers: tuple[tuple[str, str], ...] = ()

    def head(self) -> bytes:
        """The head of a request but for its content-length and empty line."""
        lines = [f"POST {self.path} HTTP/1.1", "host: localhost", "content-type: application/json"]
        return ("\r\n".join([*lines, *(f"{name}: {value}" for name, value in self.headers)]) + "\r\n").encode()

    def write(self, directory: Path, *, unique: bool, stream: bool = False) -> tuple[Path, Path]:
        """Files of the head and of bodies, for the load generator."""
        head = directory / f"{self.port}-head"
        head.write_bytes(self.head())
        bodies = directory / f"{self.port}-{unique:d}{stream:d}-bodies"
        count = 200 if unique else 1
        made = (body(self.model, unique=unique, stream=stream, seed=seed) for seed in range(count))
        bodies.write_bytes(b"\n".join(made))
        return head, bodies
