"""ASGI middleware over the host's own routes: its handler calls the provider itself, and is metered all the same.

    app.add_middleware(
        tf.TokenFactoryMiddleware, factory=factory, routes={"/chat": tf.Route(format="openai.chat", key=key)}
    )

What happens to a POST on such a route, in this order: the key is checked, rate limits are passed, the body is redacted,
the worst case is held on every budget; then the handler runs and sees placeholders; then the usage is read out of its
answer and settled, and the caller's own values are put back. A refusal is answered before the handler runs.

What is metered. One call at the price of the first target of the model that the body names, or that the route does:
this middleware cannot see whom the handler calls, so a handler that calls another model, more than once, or not at all
is booked as one call to that target. The usage is the one that the answer states in the route's format; an answer of
another shape, and a stream without usage, is counted by the tokenizer and marked estimated. Such an answer is passed on
as it is, with the caller's values in every text of it. The body that the handler gets states the output's bound that
was held (`max_tokens`) and asks a stream for its usage; a handler that does not pass them on may use more than was
held, which is booked in full and flagged.

    the handler answers                       what is booked
    2xx, in the route's format                the usage it states; else what was counted
    2xx, other JSON, text, events or lines    the prompt and all text of it, estimated; the usage if they state it
    2xx or 304, without a body                the prompt, estimated
    2xx, anything else                        the worst case, uncertain
    other 3xx, 4xx                            nothing
    5xx, or it raises (which goes on)         the prompt, and what was seen of an answer, uncertain
    a stream that its client leaves           what was seen, uncertain

Text is read, and written again, in the character set that it states: UTF-8, ISO 8859 or one of Windows. One in another
is "anything else".

No cache answers these routes. Personal data is put back in errors, too.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec

from tokenfoundry.errors import InvalidInput
from tokenfoundry.gateway.app import GatewayApp, refusal_of
from tokenfoundry.gateway.asgi import (
    ClientGone,
    Message,
    Receive,
    Scope,
    Send,
    headers_of,
    path_of,
    peer_of,
    read_body,
    write,
)
from tokenfoundry.gateway.attempts.attempt import Attempt
from tokenfoundry.gateway.attempts.call import Call, Request
from tokenfoundry.gateway.endpoints import Endpoint
from tokenfoundry.gateway.endpoints.table import ENDPOINTS
from tokenfoundry.gateway.engine import Engine
from tokenfoundry.gateway.headers import AUTHORIZATION
from tokenfoundry.gateway.host.host_answers import HostAnswer
from tokenfoundry.gateway.replies import json_answer

App = Callable[[Scope, Receive, Send], Awaitable[None]]

# What a body and an answer in JSON can say: by whose API it is, and its dialect.
_FORMATS: Final[Mapping[str, Endpoint]] = {
    f"{'anthropic' if endpoint.name == 'messages' else 'openai'}.{endpoint.name}": endpoint
    for endpoint in ENDPOINTS.values()
    if not endpoint.is_sound and endpoint.name != "images"
}
_TELLS_USAGE_WHEN_ASKED: Final = frozenset({"chat", "completions"})
_PLACE = re.compile(r"\{\w+(:path)?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What one route of the host speaks, and on whom its calls are booked.

    Raises `InvalidInput` for a format that is not known.
    """

    format: str = "openai.chat"
    """The dialect of its body and its answer: `openai.chat`, `openai.responses`, `openai.completions`,
    `openai.embeddings`, `openai.moderations` or `anthropic.messages`.
    """
    model: str | None = None
    """The alias or target that its calls are priced as; without it the body's `model` names one."""
    key: str | None = None
    """The text of the key that its calls are booked on; without it each request brings its own."""
    project: str = ""
    consumer: str = ""
    intent: str = ""
    env: str = ""

    def __post_init__(self) -> None:
        if self.format not in _FORMATS:
            raise InvalidInput(f"format: {self.format!r} is none of {', '.join(_FORMATS)}")

    def __repr__(self) -> str:
        return f"Route(format={self.format!r}, model={self.model!r})"  # Not the key.

    @property
    def stated(self) -> dict[str, str]:
        """The axes that the host states."""
        axes = {"project": self.project, "consumer": self.consumer, "intent": self.intent, "env": self.env}
        return {name: value for name, value in axes.items() if value}


class Gateway(Protocol):
    """What the middleware needs of a `TokenFactory`."""

    def app(self) -> GatewayApp: ...


@dataclass(frozen=True, slots=True)
class _Hosted:
    """A route, ready to be matched and spoken."""

    route: Route
    pattern: re.Pattern[str]
    endpoint: Endpoint


class TokenFactoryMiddleware:
    """See the module. `routes` maps paths, as the host's framework writes them (`/teams/{team}/chat`), to routes."""

    def __init__(self, app: App, *, factory: Gateway, routes: Mapping[str, Route]) -> None:
        self._app = app
        self._factory = factory
        self._hosted = [_hosted(path, route) for path, route in routes.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hosted = self._hosted_at(scope)
        if hosted is None:
            await self._app(scope, receive, send)
            return
        visit = _Visit(self._app, hosted, send)
        try:
            with self._factory.app().hosting() as engine:
                await visit.run(engine, scope, receive)
        except ClientGone:
            return
        except Exception as error:
            if visit.is_the_hosts:
                raise
            refused = refusal_of(error)
            answer = json_answer(hosted.endpoint.error(refused), status=refused.status, headers=refused.headers)
            await write(answer, receive, send)

    def _hosted_at(self, scope: Scope) -> _Hosted | None:
        if scope["type"] != "http" or scope["method"] != "POST":
            return None
        path = path_of(scope)
        return next((hosted for hosted in self._hosted if hosted.pattern.fullmatch(path)), None)


def _hosted(path: str, route: Route) -> _Hosted:
    pieces = _PLACE.split(path)
    # `split` gives the text between names, and for each name whether it takes slashes.
    pattern = "".join(
        re.escape(piece) if at % 2 == 0 else (".+" if piece else "[^/]+") for at, piece in enumerate(pieces)
    )
    return _Hosted(route, re.compile(pattern), _FORMATS[route.format])


class _Visit:
    """One request to a hosted route."""

    def __init__(self, app: App, hosted: _Hosted, send: Send) -> None:
        self._app = app
        self._hosted = hosted
        self._send = send
        self.is_the_hosts = False
        """Whether an exception is the handler's, or comes too late for another answer: it goes on."""

    async def run(self, engine: Engine, scope: Scope, receive: Receive) -> None:
        """Walks the request. Raises `Refused` before the handler ran, and what the handler raises."""
        route, endpoint, pipeline = self._hosted.route, self._hosted.endpoint, engine.pipeline
        headers = dict(headers_of(scope))
        if route.key is not None:
            headers[AUTHORIZATION] = f"Bearer {route.key}"
        key = pipeline.admission.authenticate(headers, peer_of(scope))
        raw = await read_body(headers, receive, max_bytes=engine.settings.server.max_body_bytes)
        body = endpoint.decode(headers.get("content-type", ""), raw)
        named = body.get("model")
        if route.model is not None:
            body = {**body, "model": route.model}
        async with pipeline.hosted(Request(endpoint, key, headers, body, stated=route.stated)) as (call, attempt):
            given = endpoint.bounded(call.redacted, attempt.output_bound.tokens)
            given = _with_model(given, named) if route.model is not None else given
            if call.stream and endpoint.name in _TELLS_USAGE_WHEN_ASKED:
                given = {**given, "stream_options": {**(given.get("stream_options") or {}), "include_usage": True}}
            await self._handle(scope, receive, call, attempt, msgspec.json.encode(given))

    async def _handle(self, scope: Scope, receive: Receive, call: Call, attempt: Attempt, given: bytes) -> None:
        reply = HostAnswer(self._hosted.endpoint, call, attempt, self._send)
        self.is_the_hosts = True
        try:
            await self._app(_rewritten(scope, len(given)), _given_first(given, receive), reply)
        except BaseException:
            await reply.abandon("the host's handler raised")
            raise
        await reply.abandon("the host's handler ended its answer early")


def _with_model(body: dict[str, Any], named: Any) -> dict[str, Any]:
    """The body with the model that the caller named, or none."""
    rest = {name: value for name, value in body.items() if name != "model"}
    return rest if named is None else {**rest, "model": named}


def _rewritten(scope: Scope, length: int) -> Scope:
    """The scope of a request with a body of that length. What answers it must not compress: we read the answer."""
    dropped = (b"content-length", b"transfer-encoding", b"accept-encoding")
    kept = [(name, value) for name, value in scope["headers"] if name.lower() not in dropped]
    return {**scope, "headers": [*kept, (b"content-length", str(length).encode())]}


def _given_first(body: bytes, receive: Receive) -> Receive:
    given: list[bytes] = [body]

    async def first() -> Message:
        if given:
            return {"type": "http.request", "body": given.pop(), "more_body": False}
        return await receive()

    return first
