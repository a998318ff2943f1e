"""The gateway as a FastAPI router, for a host that wants its paths in its own OpenAPI document and its own
dependencies in front.

Each route hands the untouched ASGI request on, so a stream stays a stream. Mounting `factory.app()` is the faster way.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from tokenfoundry.errors import MissingExtra
from tokenfoundry.gateway.asgi import Message, Receive, Scope, Send

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


def build_router(app: App, lifespan: Callable[[Any], AbstractAsyncContextManager[None]]) -> APIRouter:
    """Routes for `/v1/*`, `/admin/*` and `/health`; include it with any prefix."""

    router = APIRouter(lifespan=lifespan, tags=["tokenfoundry"])

    async def chat_completions(request: Request) -> Response:
        return _HandOn(app, "/v1/chat/completions", request)

    async def embeddings(request: Request) -> Response:
        return _HandOn(app, "/v1/embeddings", request)

    async def models(request: Request) -> Response:
        return _HandOn(app, "/v1/models", request)

    async def quotas(request: Request) -> Response:
        return _HandOn(app, "/v1/usage/quotas", request)

    async def health(request: Request) -> Response:
        return _HandOn(app, "/health", request)

    async def openapi(request: Request) -> Response:
        return _HandOn(app, "/openapi.json", request)

    async def nothing(request: Request) -> Response:
        return _HandOn(app, "/v1", request)

    async def anything_else(request: Request, rest: str) -> Response:
        return _HandOn(app, f"/v1/{rest}", request)

    async def admin(request: Request, rest: str) -> Response:
        return _HandOn(app, f"/admin/{rest}", request)

    def body(schema: dict[str, Any]) -> dict[str, Any]:
        return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}

    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    router.add_api_route("/v1/chat/completions", chat_completions, methods=["POST"], openapi_extra=body(_CHAT_BODY))
    router.add_api_route("/v1/embeddings", embeddings, methods=["POST"], openapi_extra=body(_EMBEDDINGS_BODY))
    router.add_api_route("/v1/models", models, methods=["GET"])
    router.add_api_route("/v1/usage/quotas", quotas, methods=["GET"])
    router.add_api_route("/health", health, methods=["GET"])
    router.add_api_route("/health", health, methods=methods, include_in_schema=False)
    router.add_api_route("/openapi.json", openapi, methods=["GET"], include_in_schema=False)
    router.add_api_route("/admin/{rest:path}", admin, methods=methods, include_in_schema=False)
    router.add_api_route("/v1", nothing, methods=methods, include_in_schema=False)
    # Without a catch-all a host would answer an unknown path, or a wrong method, with its own error shape.
    router.add_api_route("/v1/{rest:path}", anything_else, methods=methods, include_in_schema=False)
    return router
