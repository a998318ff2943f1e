"""The ASGI application: which path leads where, and the one place where an exception becomes an answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from tokenfoundry._core import __version__
from tokenfoundry.errors import Conflict, InvalidInput, NotFound, StoreError, TokenFoundryError
from tokenfoundry.gateway.admin import Admin
from tokenfoundry.gateway.asgi import Receive, Scope, Send, headers_of, path_of, peer_of, read_body, write_to
from tokenfoundry.gateway.call import Request
from tokenfoundry.gateway.client_watch import STAYS, ClientGone, ClientWatch
from tokenfoundry.gateway.endpoints.messages import error_body, is_anthropics, model_info, model_page
from tokenfoundry.gateway.endpoints.table import COUNTERS, ENDPOINTS
from tokenfoundry.gateway.estimate import endpoint_of
from tokenfoundry.gateway.openapi import document_bytes
from tokenfoundry.gateway.pipeline import Pipeline, store_unavailable
from tokenfoundry.gateway.replies import Answer, Refused, StreamAnswer, decode_object, invalid, json_answer
from tokenfoundry.resilience.drain import Drain

_log = logging.getLogger("tokenfoundry")

Respond = Callable[[Mapping[str, str], bytes], Awaitable[Answer | StreamAnswer]]


class GatewayApp:
    """Raw ASGI, no framework on the hot path. Serves `/v1/*`, `/admin/*` and `/health` below wherever it is mounted."""

    def __init__(
        self,
        pipeline: Pipeline,
        admin: Admin,
        *,
        health: Callable[[], dict[str, Any]],
        max_body_bytes: int,
        max_concurrent: int,
        drain: Drain,
        drain_s: float,
        shutdown: Callable[[], Awaitable[None]],
    ) -> None:
        """`drain_s` is how long a shutdown waits for calls in progress."""
        self._pipeline = pipeline
        self._admin = admin
        self._health = health
        self._max_body_bytes = max_body_bytes
        self._max_concurrent = max_concurrent
        self._drain = drain
        self._drain_s = drain_s
        self._shutdown = shutdown

    @cached_property
    def _document(self) -> bytes:
        return document_bytes(version=__version__)

    async def drain(self) -> None:
        """Ends the calls of the running loop: refuses new ones from now on, waits for those in progress, cuts and
        settles what is left. For whoever stops a server; the end of a lifespan does it too.
        """
        cut = await self._drain.drain(within_s=self._drain_s)
        if cut:
            _log.warning("%d calls were cut, as they had not ended within %g s of the shutdown", cut, self._drain_s)

    def resume(self) -> None:
        """Takes calls on the running loop again, after `drain`."""
        self._drain.resume()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            raise RuntimeError(f"the gateway does not speak {scope['type']}")

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._drain.is_draining:
            await write_to(_told(_shutting_down(), path_of(scope), headers_of(scope)), STAYS, send)
            return
        if self._drain.in_progress >= self._max_concurrent:
            await write_to(_told(_busy(), path_of(scope), headers_of(scope)), STAYS, send)
            return
        task = self._drain.enter()
        client = ClientWatch(receive)
        try:
            await self._answer(scope, receive, client, send)
        finally:
            client.close()
            self._drain.leave(task)

    async def _answer(self, scope: Scope, receive: Receive, client: ClientWatch, send: Send) -> None:
        headers = headers_of(scope)
        try:
            query = scope.get("query_string", b"").decode("latin-1")
            peer = peer_of(scope)
            answer = await self._respond(scope["method"], path_of(scope), query, headers, peer, receive, client)
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001 - the edge: whatever happened, the client gets its dialect's error shape
            answer = _told(_refusal(error), path_of(scope), headers)
        if is_anthropics(headers) and (request_id := answer.headers.get("x-request-id")):
            answer.headers["request-id"] = request_id  # as Anthropic calls it
        await write_to(answer, client, send)

    async def _respond(
        self,
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
            _expect(method, "POST")
            # The key first: a stranger's body is not worth reading.
            self._pipeline.authenticate(headers, peer)
            body = await read_body(headers, receive, max_bytes=self._max_body_bytes)
            # Once more: a key may be frozen while a body is on its way.
            request = Request(endpoint, self._pipeline.authenticate(headers, peer), headers, body, client)
            if path in COUNTERS:
                return json_answer({"input_tokens": await self._pipeline.count(request)})
            return await self._pipeline.run(request)
        if path == "/v1/estimate":
            _expect(method, "POST")
            return json_answer(await self._estimate(headers, peer, receive))
        if path == "/v1/models" or path.startswith("/v1/models/"):
            _expect(method, "GET")
            return self._models(headers, peer, path.removeprefix("/v1/models").removeprefix("/"))
        if path == "/v1/usage/quotas":
            _expect(method, "GET")
            workspace = self._pipeline.authenticate(headers, peer).workspace
            return json_answer(await asyncio.to_thread(self._admin.quota_page, workspace))
        if path == "/health":
            _expect(method, "GET")
            return json_answer(self._health())
        if path == "/openapi.json":
            _expect(method, "GET")
            return Answer(200, self._document)
        if path.startswith("/admin/"):
            return await self._administer(method, path, query, headers, peer, receive)
        raise invalid(f"there is nothing at {path}", status=404, code="not_found")

    async def _estimate(self, headers: Mapping[str, str], peer: str, receive: Receive) -> dict[str, Any]:
        self._pipeline.authenticate(headers, peer)
        body = decode_object(await read_body(headers, receive, max_bytes=self._max_body_bytes))
        endpoint = endpoint_of(body, {each.name: each for each in ENDPOINTS.values()})
        asked = {name: value for name, value in body.items() if name != "endpoint"}
        key = self._pipeline.authenticate(headers, peer)
        return await self._pipeline.estimate(Request(endpoint, key, headers, msgspec.json.encode(asked)))

    def _models(self, headers: Mapping[str, str], peer: str, name: str) -> Answer:
        """All models of the key, or the one that is named."""
        names = self._pipeline.models(self._pipeline.authenticate(headers, peer))
        if name and name not in names:
            raise invalid(f"the model {name!r} does not exist", status=404, code="model_not_found")
        if is_anthropics(headers):
            return json_answer(model_info(name) if name else model_page(names))
        models = [{"id": each, "object": "model", "created": 0, "owned_by": "tokenfoundry"} for each in names]
        return json_answer(models[names.index(name)] if name else {"object": "list", "data": models})

    async def _administer(
        self, method: str, path: str, query: str, headers: Mapping[str, str], peer: str, receive: Receive
    ) -> Answer:
        key = self._pipeline.authenticate(headers, peer)
        if "admin" not in key.scopes:
            raise Refused(403, "scope", f"the API key {key.id} has no admin scope", kind="permission_error")
        body = await read_body(headers, receive, max_bytes=self._max_body_bytes)
        fields = {**dict(parse_qsl(query)), **(decode_object(body) if body else {})}
        # In a thread: a report reads every entry, and the loop has calls to serve.
        return json_answer(await asyncio.to_thread(self._admin.handle, method, path, fields, key_id=key.id))

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


def _expect(method: str, allowed: str) -> None:
    if method != allowed:
        raise Refused(405, "method_not_allowed", f"use {allowed}", headers={"allow": allowed})


def _busy() -> Refused:
    message, headers = "too many calls in progress", {"retry-after": "1"}
    return Refused(503, "overloaded", message, kind="service_unavailable", headers=headers)


def _shutting_down() -> Refused:
    # The connection leads to a server that ends; the next one may lead to another.
    message, headers = "the gateway is shutting down", {"retry-after": "1", "connection": "close"}
    return Refused(503, "shutting_down", message, kind="service_unavailable", headers=headers)


def _told(refused: Refused, path: str, headers: Mapping[str, str]) -> Answer:
    """A refusal in the dialect of the endpoint that was asked, or of the client where there is none."""
    endpoint = ENDPOINTS.get(path) or COUNTERS.get(path)
    if endpoint is not None:
        body = endpoint.error(refused)
    else:
        body = error_body(refused) if is_anthropics(headers) else {"error": refused.error}
    return json_answer(body, status=refused.status, headers=refused.headers)


def _refusal(error: Exception) -> Refused:
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
    # The message of an unforeseen error may quote the request, so neither the client nor the log gets it.
    frames = error.__traceback__
    while frames is not None and frames.tb_next is not None:
        frames = frames.tb_next
    where = f"{frames.tb_frame.f_code.co_qualname}:{frames.tb_lineno}" if frames else "nowhere"
    _log.error("unforeseen %s at %s", type(error).__name__, where)
    kind = "service_unavailable" if isinstance(error, TokenFoundryError) else "server_error"
    return Refused(500, "internal_error", f"internal error ({type(error).__name__})", kind=kind)
