"""The ASGI application: which path leads where, and the one place where an exception becomes an answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from tokenfoundry._core import __version__
from tokenfoundry.errors import Conflict, InvalidInput, InvalidState, NotFound, StoreError, TokenFoundryError
from tokenfoundry.gateway.admin import Admin
from tokenfoundry.gateway.asgi import Receive, Scope, Send, headers_of, path_of, peer_of, read_body, write_to
from tokenfoundry.gateway.attempts.call import Request
from tokenfoundry.gateway.batch_routes import BATCH_ROUTES, BatchDesk
from tokenfoundry.gateway.client_watch import STAYS, ClientGone, ClientWatch
from tokenfoundry.gateway.endpoints import Endpoint
from tokenfoundry.gateway.endpoints.messages import error_body, is_anthropics, model_info, model_page
from tokenfoundry.gateway.endpoints.table import COUNTERS, ENDPOINTS
from tokenfoundry.gateway.engine import Engine
from tokenfoundry.gateway.estimate import endpoint_of, estimate_refused, models_in
from tokenfoundry.gateway.headers import ANTHROPIC_REQUEST_ID, REQUEST_ID, RETRY_AFTER
from tokenfoundry.gateway.open_streams import OpenStream
from tokenfoundry.gateway.openapi import document_bytes
from tokenfoundry.gateway.pipeline import store_unavailable
from tokenfoundry.gateway.replies import Answer, Refused, StreamAnswer, decode_object, invalid, json_answer
from tokenfoundry.gateway.routes import Route, Visit, find, not_allowed
from tokenfoundry.gateway.unforeseen import kind_and_place
from tokenfoundry.resilience.drain import Drain, Stay

_log = logging.getLogger("tokenfoundry")

_THIS_MACHINE = "127.0.0.1"

Respond = Callable[[Mapping[str, str], bytes], Awaitable[Answer | StreamAnswer]]


class GatewayApp:
    """Raw ASGI, no framework on the hot path. Serves `/v1/*`, `/admin/*` and `/health` below wherever it is mounted."""

    def __init__(
        self,
        engine: Engine,
        admin: Admin,
        *,
        health: Callable[[], dict[str, Any]],
        drain: Drain,
        shutdown: Callable[[], Awaitable[None]],
        batches: Callable[[], BatchDesk],
        startup: Callable[[], None],
    ) -> None:
        """`startup` is called on the loop of a server that starts, `shutdown` awaited when it ends."""
        self._engine = engine
        self._admin = admin
        self._health = health
        self._drain = drain
        self._shutdown = shutdown
        self._batches = batches
        self._startup = startup
        self._out_of_order = ""

    def use(self, engine: Engine) -> None:
        """Serves every call that comes from now on with `engine`."""
        self._engine = engine

    def refuse_all(self, why: str) -> None:
        """Answers every call from now on with this reason, and lets no server start with it."""
        self._out_of_order = why

    async def drain(self) -> None:
        """Ends the calls of the running loop: refuses new ones from now on, waits for those in progress, cuts and
        settles what is left. For whoever stops a server; the end of a lifespan does it too.
        """
        within_s = self._engine.settings.server.drain_ms / 1000
        cut = await self._drain.drain(within_s=within_s)
        if cut:
            _log.warning("%d calls were cut, as they had not ended within %g s of the shutdown", cut, within_s)

    def resume(self) -> None:
        """Takes calls on the running loop, also after `drain`, and goes on with what was left to be done."""
        self._drain.resume()
        self._startup()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._out_of_order:
            await self._refuse(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            raise RuntimeError(f"the gateway does not speak {scope['type']}")

    async def call(self, endpoint: Endpoint, headers: Mapping[str, str], body: dict[str, Any]) -> Answer | StreamAnswer:
        """A call from within this process, its body and its reply decoded. A stream is in progress until it is closed.
        Raises `Refused`.
        """
        engine, stay = self._enter()
        answer: Answer | StreamAnswer | None = None
        try:
            key = engine.pipeline.admission.authenticate(headers, _THIS_MACHINE)
            answer = await engine.pipeline.run(Request(endpoint, key, headers, body, as_object=True))
        except Exception as error:
            raise refusal_of(error) from error
        finally:
            if not isinstance(answer, StreamAnswer):
                stay.leave()
        return OpenStream(answer, stay, _shutting_down).answer if isinstance(answer, StreamAnswer) else answer

    @contextmanager
    def hosting(self) -> Iterator[Engine]:
        """The engine for a call of the host's own, which is in progress for as long as the block lasts. Raises
        `Refused`.
        """
        engine, stay = self._enter()
        try:
            yield engine
        finally:
            stay.leave()

    def _enter(self) -> tuple[Engine, Stay]:
        if self._out_of_order:
            raise Refused(503, "out_of_order", self._out_of_order, kind="service_unavailable")
        if (refused := self._refused(self._engine)) is not None:
            raise refused
        return self._engine, self._drain.enter()

    def _refused(self, engine: Engine) -> Refused | None:
        """Why no further call is taken now."""
        if self._drain.is_draining:
            return _shutting_down()
        return _busy() if self._drain.in_progress >= engine.settings.server.max_concurrent else None

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        engine = self._engine  # The one that this call keeps to its end.
        if (refused := self._refused(engine)) is not None:
            await write_to(_told(refused, path_of(scope), headers_of(scope)), STAYS, send)
            return
        stay = self._drain.enter()
        client = ClientWatch(receive)
        try:
            await self._answer(engine, scope, receive, client, send, stay)
        finally:
            client.close()
            stay.leave()

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.failed", "message": self._out_of_order})
            return
        _log.error("%s", self._out_of_order)
        refused = Refused(503, "out_of_order", self._out_of_order, kind="service_unavailable")
        await write_to(_told(refused, path_of(scope), headers_of(scope)), STAYS, send)

    async def _answer(
        self, engine: Engine, scope: Scope, receive: Receive, client: ClientWatch, send: Send, stay: Stay
    ) -> None:
        headers = headers_of(scope)
        try:
            query = scope.get("query_string", b"").decode("latin-1")
            method, path, peer = scope["method"], path_of(scope), peer_of(scope)
            answer = await self._respond(engine, method, path, query, headers, peer, receive, client)
        except ClientGone:
            return
        except asyncio.CancelledError:
            if not stay.take_back():
                raise
            answer = _told(_shutting_down(), path_of(scope), headers)
        except Exception as error:  # noqa: BLE001 - the edge: whatever happened, the client gets its dialect's error shape
            answer = _told(refusal_of(error), path_of(scope), headers)
        if is_anthropics(headers) and (request_id := answer.headers.get(REQUEST_ID)):
            answer.headers[ANTHROPIC_REQUEST_ID] = request_id  # as Anthropic calls it
        if isinstance(answer, StreamAnswer) and answer.error is not None:
            answer = OpenStream(answer, stay, _shutting_down).answer
        await write_to(answer, client, send)

    async def _respond(
        self,
        engine: Engine,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        peer: str,
        receive: Receive,
        client: ClientWatch,
    ) -> Answer | StreamAnswer:
        endpoint = ENDPOINTS.get(path) or COUNTERS.get(path)
        if endpoint is not None:
            pipeline = engine.pipeline
            if method != "POST":
                raise not_allowed("POST")
            # The key first: a stranger's body is not worth reading.
            key = pipeline.admission.authenticate(headers, peer)
            body = await read_body(headers, receive, max_bytes=engine.settings.server.max_body_bytes)
            if not pipeline.admission.is_in_force(key):  # A key may be frozen while a body is on its way.
                key = pipeline.admission.authenticate(headers, peer)
            request = Request(endpoint, key, headers, body, client)
            if path in COUNTERS:
                return json_answer({"input_tokens": await pipeline.count(request)})
            return await pipeline.run(request)
        if path.startswith("/admin/"):
            return await self._administer(engine, method, path, query, headers, peer, receive)
        found = find(ROUTES, method, path)
        if found is None:
            raise invalid(f"there is nothing at {path}", status=404, code="not_found")
        route, names = found
        return await route.handle(self, Visit(engine, query, headers, peer, receive, names))

    @property
    def desk(self) -> BatchDesk:
        """Files and batches, opened at the first question."""
        return self._batches()

    def quotas(self, workspace: str) -> dict[str, Any]:
        """What `GET /v1/usage/quotas` shows a key of that workspace."""
        return self._admin.quota_page(workspace)

    def health(self) -> dict[str, Any]:
        """What `GET /health` says."""
        return self._health()

    @cached_property
    def document(self) -> bytes:
        """The OpenAPI document."""
        return document_bytes(version=__version__)

    async def _administer(
        self,
        engine: Engine,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        peer: str,
        receive: Receive,
    ) -> Answer:
        key = engine.pipeline.admission.authenticate(headers, peer)
        if not key.administers:
            raise Refused(403, "scope", f"the API key {key.id} has no admin scope", kind="permission_error")
        body = await read_body(headers, receive, max_bytes=engine.settings.server.max_body_bytes)
        fields = {**dict(parse_qsl(query)), **(decode_object(body) if body else {})}
        # In a thread: a report reads every entry, and the loop has calls to serve.
        return json_answer(await asyncio.to_thread(self._admin.handle, method, path, fields, asker=key))

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.resume()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.drain()
                await self._shutdown()
                await send({"type": "lifespan.shutdown.complete"})
                return


async def _models(app: GatewayApp, visit: Visit) -> Answer:
    """All models of the key, or the one that is named."""
    names, name = visit.engine.pipeline.models(visit.key()), visit.names.get("name", "")
    if name and name not in names:
        raise invalid(f"the model {name!r} does not exist", status=404, code="model_not_found")
    if is_anthropics(visit.headers):
        return json_answer(model_info(name) if name else model_page(names))
    models = [{"id": each, "object": "model", "created": 0, "owned_by": "tokenfoundry"} for each in names]
    return json_answer(models[names.index(name)] if name else {"object": "list", "data": models})


async def _estimate(app: GatewayApp, visit: Visit) -> Answer:
    visit.key()
    body = await visit.body()
    endpoint = endpoint_of(body, {each.name: each for each in ENDPOINTS.values()})
    asked = {name: value for name, value in body.items() if name not in ("endpoint", "models")}
    models = models_in(body)
    if models is None:
        request = Request(endpoint, visit.key(), visit.headers, msgspec.json.encode(asked))
        return json_answer(await visit.engine.pipeline.estimate(request))
    found: list[dict[str, Any]] = []
    for model in models:
        request = Request(endpoint, visit.key(), visit.headers, msgspec.json.encode({**asked, "model": model}))
        try:
            found.append(await visit.engine.pipeline.estimate(request))
        except Refused as refused:
            found.append(estimate_refused(model, refused))
    return json_answer({"object": "list", "data": found})


async def _quotas(app: GatewayApp, visit: Visit) -> Answer:
    return json_answer(await asyncio.to_thread(app.quotas, visit.key().workspace))


async def _health(app: GatewayApp, visit: Visit) -> Answer:
    return json_answer(app.health())


async def _document(app: GatewayApp, visit: Visit) -> Answer:
    return Answer(200, app.document)


# Everything but the endpoints that take a call, which stand in a table of their own, and the admin API, likewise.
ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/v1/models", _models),
    Route("GET", "/v1/models/{name:path}", _models),
    Route("POST", "/v1/estimate", _estimate),
    Route("GET", "/v1/usage/quotas", _quotas),
    Route("GET", "/health", _health),
    Route("GET", "/openapi.json", _document),
    *BATCH_ROUTES,
)


def _busy() -> Refused:
    message, headers = "too many calls in progress", {RETRY_AFTER: "1"}
    return Refused(503, "overloaded", message, kind="service_unavailable", headers=headers)


def _shutting_down() -> Refused:
    # The connection leads to a server that ends; the next one may lead to another.
    message, headers = "the gateway is shutting down", {RETRY_AFTER: "1", "connection": "close"}
    return Refused(503, "shutting_down", message, kind="service_unavailable", headers=headers)


def _told(refused: Refused, path: str, headers: Mapping[str, str]) -> Answer:
    """A refusal in the dialect of the endpoint that was asked, or of the client where there is none."""
    endpoint = ENDPOINTS.get(path) or COUNTERS.get(path)
    if endpoint is not None:
        body = endpoint.error(refused)
    else:
        body = error_body(refused) if is_anthropics(headers) else {"error": refused.error}
    return json_answer(body, status=refused.status, headers=refused.headers)


def refusal_of(error: Exception) -> Refused:
    """What the caller is told of an exception that ended a call."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, StoreError):
        return store_unavailable(error)
    if isinstance(error, NotFound):
        return invalid(str(error), status=404, code="not_found")
    if isinstance(error, Conflict):
        return invalid(str(error), status=409, code="conflict")
    if isinstance(error, InvalidInput):
        return invalid(str(error))
    if isinstance(error, InvalidState):
        return Refused(503, "out_of_order", str(error), kind="service_unavailable")
    # The message of an unforeseen error may quote the request, so neither the client nor the log gets it.
    _log.error("unforeseen %s", kind_and_place(error))
    kind = "service_unavailable" if isinstance(error, TokenFoundryError) else "server_error"
    return Refused(500, "internal_error", f"internal error ({type(error).__name__})", kind=kind)
