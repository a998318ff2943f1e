"""The gateway as a FastAPI router, for a host that wants its paths in its own OpenAPI document and its own
dependencies in front.

Each route hands the untouched ASGI request on, so a stream stays a stream. Mounting `factory.app()` is the faster way.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from tokenfoundry.errors import MissingExtra
from tokenfoundry.gateway.asgi import Message, Receive, Scope, Send
from tokenfoundry.gateway.batch_routes import BATCH_ROUTES
from tokenfoundry.gateway.endpoints.table import COUNTERS, ENDPOINTS

try:
    from fastapi import APIRouter, Request, Response
except ModuleNotFoundError as error:
    raise MissingExtra("fastapi", "fastapi") from error

App = Callable[[Scope, Receive, Send], Any]

_CHAT_BODY = {
    "type": "object",
    "required": ["model", "messages"],
    "properties": {
        "model": {"type": "string", "description": "An alias or target; GET /v1/models lists them."},
        "messages": {"type": "array", "items": {"type": "object"}},
        "stream": {"type": "boolean"},
        "max_tokens": {"type": "integer", "minimum": 1},
    },
}
_EMBEDDINGS_BODY = {
    "type": "object",
    "required": ["model", "input"],
    "properties": {"model": {"type": "string"}, "input": {"oneOf": [{"type": "string"}, {"type": "array"}]}},
}


class _HandOn(Response):
    """A response that lets the gateway write itself."""

    def __init__(self, app: App, path: str, request: Request) -> None:
        super().__init__()
        self._app = app
        self._path = path
        # What a dependency of the host has already read is gone from the connection; Starlette keeps it here.
        self._body: bytes | None = getattr(request, "_body", None)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def replay() -> Message:
            if self._body is None:
                message: Message = await receive()
                return message
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app({**scope, "path": self._path, "root_path": ""}, replay, send)


_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

# What is read besides the endpoints that take a call.
_PAGES = ("/v1/models", "/v1/models/catalogue", "/v1/models/{model:path}", "/v1/usage/quotas", "/health")

# What has paths and errors of its own kind below it: there a host must not answer with its own error shape.
_BELOW = ("/v1/{rest:path}", "/v1", "/admin/{rest:path}", "/health", "/openapi.json")

_BODIES: Mapping[str, dict[str, Any]] = {"chat": _CHAT_BODY, "embeddings": _EMBEDDINGS_BODY}
_ANY_BODY = {"type": "object", "required": ["model"], "properties": {"model": {"type": "string"}}}


def build_router(app: App, lifespan: Callable[[Any], AbstractAsyncContextManager[None]]) -> APIRouter:
    """Routes for everything that the application serves; include it with any prefix.

    Every endpoint of the application's table is in the host's OpenAPI document; its admin API works and is not.
    """
    router = APIRouter(lifespan=lifespan, tags=["tokenfoundry"])
    for path, endpoint in {**ENDPOINTS, **COUNTERS}.items():
        schema = _BODIES.get(endpoint.name, _ANY_BODY)
        described = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
        router.add_api_route(path, _handing_on(app, path), methods=["POST"], name=_name(path), openapi_extra=described)
    for route in BATCH_ROUTES:
        name = "_".join([route.method.lower(), _name(route.path)])
        router.add_api_route(route.path, _handing_on(app, route.path), methods=[route.method], name=name)
    for path in _PAGES:
        router.add_api_route(path, _handing_on(app, path), methods=["GET"], name=_name(path))
    for path in _BELOW:
        router.add_api_route(path, _handing_on(app, path), methods=_METHODS, include_in_schema=False)
    return router


def _handing_on(app: App, path: str) -> Callable[[Request], Awaitable[Response]]:
    template = path.replace(":path}", "}")

    async def hand_on(request: Request) -> Response:
        return _HandOn(app, template.format(**request.path_params), request)

    return hand_on


def _name(path: str) -> str:
    """What the operation is called: the words of its path."""
    return "_".join(re.findall(r"[a-z]+", path.removeprefix("/v1").replace(":path", "")))
