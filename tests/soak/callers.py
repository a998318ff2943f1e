"""Who calls the gateway in a soak: each caller makes one random call after the other and checks what it is told."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from support.upstream import parse_sse

CALLERS = 24
_REPEATED = 40  # Different prompts among the calls that are made again and again.
_PROBLEMS = 20  # As many are kept to be shown.
_CLIENT_TIMEOUT_S = 60
_TOOL = {
    "type": "function",
    "function": {"name": "send", "parameters": {"type": "object", "properties": {"to": {"type": "string"}}}},
}
# What may be told of a provider that fails, and of budgets that others fill.
_FAILED = {"upstream_error", "upstream_timeout", "upstream_unavailable", "rate_limit_exceeded", "overloaded"}
_FULL = {"budget_busy", "budget_exceeded", "budget_throttled"}

Body = dict[str, Any]


class Callers:
    """Runs until it is told to `rest` or to `end`. Counts are by what the callers were told."""

    def __init__(self, url: str, keys: dict[str, str], seed: int) -> None:
        self.calls = 0
        self.told: Counter[str] = Counter()
        self.problems: list[str] = []
        self.answered: list[str] = []
        """The request ids of all answers that were complete."""
        self._url = url
        self._keys = keys
        self._random = random.Random(seed)
        self._going = asyncio.Event()
        self._under_way = 0
        self._is_over = False
        self._number = 0

    async def run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=_CLIENT_TIMEOUT_S)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:
            await asyncio.gather(*(self._call_on(session) for _ in range(CALLERS)))

    def go(self) -> None:
        self._going.set()

    async def rest(self) -> None:
        """Returns when every call has ended; none is made until `go`."""
        self._going.clear()
        while self._under_way:
            await asyncio.sleep(0.02)

    async def end(self) -> None:
        await self.rest()
        self._is_over = True
        self._going.set()

    async def _call_on(self, session: aiohttp.ClientSession) -> None:
        kinds, weights = zip(*_KINDS, strict=True)
        while True:
            await self._going.wait()
            if self._is_over:
                return
            (call,) = self._random.choices(kinds, weights)
            self._under_way += 1
            try:
                told = await call(self, session)
            except (aiohttp.ClientError, TimeoutError) as error:
                self.problem(call.__name__, repr(error))
                told = type(error).__name__
            finally:
                self._under_way -= 1
            self.calls += 1
            self.told[told] += 1

    def problem(self, kind: str, what: str) -> None:
        if len(self.problems) < _PROBLEMS:
            self.problems.append(f"{kind}: {what[:500]}")

    def address(self, *, repeated: bool = False) -> str:
        """Personal data that is in the prompt and must be in the answer again."""
        self._number += 1
        number = self._random.randrange(_REPEATED) if repeated else self._number
        return f"anna.rossi.{'r' if repeated else 'u'}{number}@example.it"

    def chat(self, address: str, **fields: Any) -> Body:
        asked = f"Scrivi ad {address}: la pratica {address[-16:-11]} è pronta? " + "Grazie mille. " * 12
        model = self._random.choices(("steady", "stormy"), (4, 1))[0]
        return {"model": model, "max_tokens": 150, "messages": [{"role": "user", "content": asked}], **fields}

    async def post(
        self, session: aiohttp.ClientSession, path: str, body: Body | bytes, *, key: str = "claims"
    ) -> tuple[int, dict[str, str], bytes]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {self._keys.get(key, key)}", "content-type": "application/json"}
        async with session.post(self._url + path, data=data, headers=headers) as reply:
            raw = await reply.read()
            return reply.status, {name.lower(): value for name, value in reply.headers.items()}, raw

    def check(
        self,
        kind: str,
        reply: tuple[int, dict[str, str], bytes],
        *,
        holds: str = "",
        codes: set[str] = _FAILED,
    ) -> str:
        """What a call was told: an answer with `holds` in it, or an error with one of these codes."""
        status, headers, raw = reply
        if status != 200:
            code = _code(raw)
            if code not in codes:
                self.problem(kind, f"{status} {headers} {raw!r}")
            return f"{status} {code}"
        if holds.encode() not in raw:
            self.problem(kind, f"the answer lacks {holds}: {raw!r}")
        self.answered.append(headers["x-request-id"])
        return f"answer, {headers.get('x-tf-cache', 'no cache')}"

    def check_stream(self, kind: str, reply: tuple[int, dict[str, str], bytes], *, holds: str) -> str:
        status, headers, raw = reply
        if status != 200:
            return self.check(kind, reply)
        *events, last = parse_sse(b"\n\n".join(part for part in raw.split(b"\n\n") if not part.startswith(b":")))
        if last != b"[DONE]":
            if last.get("error", {}).get("code") not in _FAILED:
                self.problem(kind, f"a stream without end: {raw[-500:]!r}")
            return f"stream, then {last.get('error', {}).get('code')}"
        said = "".join(choice["delta"].get("content") or "" for event in events for choice in event["choices"])
        if holds not in said:
            self.problem(kind, f"the stream lacks {holds}: {said!r}")
        self.answered.append(headers["x-request-id"])
        return f"stream, {headers.get('x-tf-cache', 'no cache')}"


def _code(raw: bytes) -> str:
    try:
        error = json.loads(raw)["error"]
        return str(error.get("code") or error["type"])
    except (ValueError, KeyError, TypeError):
        return "no error body"


# -- the kinds of calls ------------------------------------------------------------------------------------------------


async def unique(callers: Callers, session: aiohttp.ClientSession) -> str:
    address = callers.address()
    return callers.check("unique", await callers.post(session, _CHAT, callers.chat(address)), holds=address)


async def repeated(callers: Callers, session: aiohttp.ClientSession) -> str:
    address = callers.address(repeated=True)
    body = callers.chat(address, model="steady")
    return callers.check("repeated", await callers.post(session, _CHAT, body), holds=address)


async def streamed(callers: Callers, session: aiohttp.ClientSession) -> str:
    address = callers.address()
    reply = await callers.post(session, _CHAT, callers.chat(address, stream=True))
    return callers.check_stream("streamed", reply, holds=address)


async def streamed_again(callers: Callers, session: aiohttp.ClientSession) -> str:
    address = callers.address(repeated=True)
    reply = await callers.post(session, _CHAT, callers.chat(address, model="steady", stream=True))
    return callers.check_stream("streamed again", reply, holds=address)


async def with_tools(callers: Callers, session: aiohttp.ClientSession) -> str:
    address = callers.address()
    return callers.check(
        "tools", await callers.post(session, _CHAT, callers.chat(address, tools=[_TOOL])), holds=address
    )


async def long_prompt(callers: Callers, session: aiohttp.ClientSession) -> str:
    address = callers.address()
    asked = "Il documento parla di tutto e di niente. " * 1500 + f"Scrivi ad {address}."
    body = callers.chat(address, messages=[{"role": "user", "content": asked}])
    return callers.check("long", await callers.post(session, _CHAT, body), holds=address)


async def message(callers: Callers, session: aiohttp.ClientSession) -> str:
    address = callers.address()
    body = callers.chat(address, stream=callers._random.random() < 0.5)
    errors = {"api_error", "overloaded_error", "rate_limit_error", "timeout_error"}
    status, headers, raw = await callers.post(session, "/v1/messages", body)
    if status == 200 and body["stream"]:
        if b"event: message_stop" in raw:
            callers.answered.append(headers["x-request-id"])
            return "messages stream"
        if b"event: error" not in raw:
            callers.problem("message", f"a stream without end: {raw[-500:]!r}")
        return "messages stream, then an error"
    return callers.check("message", (status, headers, raw), holds=address, codes=errors | _FAILED)


async def response(callers: Callers, session: aiohttp.ClientSession) -> str:
    address = callers.address()
    body = {"model": "steady", "input": f"Scrivi ad {address}.", "max_output_tokens": 150}
    return callers.check("response", await callers.post(session, "/v1/responses", body), holds=address)


async def embeddings(callers: Callers, session: aiohttp.ClientSession) -> str:
    inputs = [f"nota {callers._random.randrange(5000)}", callers.address(repeated=True), callers.address()]
    return callers.check(
        "embeddings", await callers.post(session, "/v1/embeddings", {"model": "steady", "input": inputs})
    )


async def contended(callers: Callers, session: aiohttp.ClientSession) -> str:
    """Of a budget that a few calls fill: they wait for each other."""
    address = callers.address()
    body = callers.chat(address, model="steady")
    reply = await callers.post(session, _CHAT, body, key="tight")
    return callers.check("contended", reply, holds=address, codes=_FAILED | _FULL)


async def over_budget(callers: Callers, session: aiohttp.ClientSession) -> str:
    reply = await callers.post(session, _CHAT, callers.chat(callers.address()), key="poor")
    if reply[0] not in (429, 503):
        callers.problem("over budget", f"{reply[0]} {reply[2]!r}")
    return callers.check("over budget", reply, codes=_FAILED | _FULL)


async def unreachable(callers: Callers, session: aiohttp.ClientSession) -> str:
    """Its first target is at an address where nobody listens."""
    address = callers.address()
    reply = await callers.post(session, _CHAT, callers.chat(address, model="gone"))
    return callers.check("unreachable", reply, holds=address)


async def mistaken(callers: Callers, session: aiohttp.ClientSession) -> str:
    bad: tuple[tuple[Body | bytes, str, set[str]], ...] = (
        (b'{"model": "steady", "messages": [', "claims", {"invalid_request_error"}),
        ({"model": "nobody", "messages": []}, "claims", {"invalid_request_error", "model_not_found"}),
        (callers.chat("x@example.it"), "tf_nobody", {"invalid_api_key"}),
        (callers.chat("x@example.it", messages=7), "claims", {"invalid_request_error"}),
    )
    body, key, codes = callers._random.choice(bad)
    reply = await callers.post(session, _CHAT, body, key=key)
    if not 400 <= reply[0] < 500:
        callers.problem("mistaken", f"{reply[0]} {reply[2]!r}")
    return callers.check("mistaken", reply, codes=codes)


async def leaving(callers: Callers, session: aiohttp.ClientSession) -> str:
    """Hangs up: at any moment of the call, or after some pieces of its stream."""
    stream = callers._random.random() < 0.7
    body = callers.chat(callers.address(), model="leaver", stream=stream)
    headers = {"authorization": f"Bearer {callers._keys['claims']}"}
    try:
        async with asyncio.timeout(callers._random.random() * 0.05):
            async with session.post(callers._url + _CHAT, json=body, headers=headers) as reply:
                pieces = callers._random.randrange(4)
                async for _ in reply.content.iter_any():
                    pieces -= 1
                    if pieces < 0:
                        break
                reply.close()
    except TimeoutError:
        return "left before the answer"
    return "left in the answer"


_CHAT = "/v1/chat/completions"
Call = Callable[[Callers, aiohttp.ClientSession], Awaitable[str]]
_KINDS: tuple[tuple[Call, int], ...] = (
    (unique, 30),
    (repeated, 12),
    (streamed, 15),
    (streamed_again, 4),
    (with_tools, 5),
    (long_prompt, 1),
    (message, 6),
    (response, 4),
    (embeddings, 6),
    (contended, 4),
    (over_budget, 3),
    (unreachable, 2),
    (mistaken, 2),
    (leaving, 8),
)
