"""`/v1/files` and `/v1/batches` (OpenAI API reference, "Files" and "Batch"): the routes alone.

What they do is `tokenfoundry.batches`, which stands above the gateway; the application is given it as a `BatchDesk`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol

from tokenfoundry.gateway.asgi import Receive
from tokenfoundry.gateway.replies import Answer, Refused, StreamAnswer, json_answer
from tokenfoundry.gateway.routes import Handler, Route, Visit

Headers = Mapping[str, str]
Shape = dict[str, Any]


class BatchDesk(Protocol):
    """Files and batches of the project of the key in `headers`, which have names in lower case. Everything raises
    `Refused`, and `NotFound` for what that project does not have.
    """

    async def upload(self, headers: Headers, peer: str, receive: Receive) -> Answer | StreamAnswer: ...

    def files(self, headers: Headers, peer: str, query: Mapping[str, str]) -> Shape: ...

    def file(self, headers: Headers, peer: str, id: str) -> Shape: ...

    async def delete(self, headers: Headers, peer: str, id: str) -> Shape: ...

    def content(self, headers: Headers, peer: str, id: str) -> StreamAnswer: ...

    async def create(self, headers: Headers, peer: str, body: Shape) -> Answer | StreamAnswer: ...

    def batches(self, headers: Headers, peer: str, query: Mapping[str, str]) -> Shape: ...

    async def batch(self, headers: Headers, peer: str, id: str) -> Shape: ...

    async def cancel(self, headers: Headers, peer: str, id: str) -> Shape: ...


def batches_unavailable() -> Refused:
    """503: what is kept of files and batches cannot be opened. Why is in the log; it may name what is here."""
    message = "files and batches are out of order here; other calls are not"
    return Refused(503, "batches_unavailable", message, kind="service_unavailable")


class HasDesk(Protocol):
    """The application."""

    @property
    def desk(self) -> BatchDesk: ...


def _said(handle: Callable[[BatchDesk, Visit], Awaitable[Shape]]) -> Handler:
    """A handler that answers with what `handle` says."""

    async def answer(app: HasDesk, visit: Visit) -> Answer:
        visit.key()  # A stranger learns nothing, not even whether there are batches here.
        return json_answer(await handle(app.desk, visit))

    return answer


async def _upload(app: HasDesk, visit: Visit) -> Answer | StreamAnswer:
    visit.key()
    return await app.desk.upload(visit.headers, visit.peer, visit.receive)


async def _files(desk: BatchDesk, visit: Visit) -> Shape:
    return desk.files(visit.headers, visit.peer, visit.fields)


async def _file(desk: BatchDesk, visit: Visit) -> Shape:
    return desk.file(visit.headers, visit.peer, visit.names["file_id"])


async def _delete(desk: BatchDesk, visit: Visit) -> Shape:
    return await desk.delete(visit.headers, visit.peer, visit.names["file_id"])


async def _content(app: HasDesk, visit: Visit) -> StreamAnswer:
    visit.key()
    return app.desk.content(visit.headers, visit.peer, visit.names["file_id"])


async def _create(app: HasDesk, visit: Visit) -> Answer | StreamAnswer:
    visit.key()
    return await app.desk.create(visit.headers, visit.peer, await visit.body())


async def _batches(desk: BatchDesk, visit: Visit) -> Shape:
    return desk.batches(visit.headers, visit.peer, visit.fields)


async def _batch(desk: BatchDesk, visit: Visit) -> Shape:
    return await desk.batch(visit.headers, visit.peer, visit.names["batch_id"])


async def _cancel(desk: BatchDesk, visit: Visit) -> Shape:
    return await desk.cancel(visit.headers, visit.peer, visit.names["batch_id"])


BATCH_ROUTES: Final[tuple[Route, ...]] = (
    Route("POST", "/v1/files", _upload),
    Route("GET", "/v1/files", _said(_files)),
    Route("GET", "/v1/files/{file_id}", _said(_file)),
    Route("DELETE", "/v1/files/{file_id}", _said(_delete)),
    Route("GET", "/v1/files/{file_id}/content", _content),
    Route("POST", "/v1/batches", _create),
    Route("GET", "/v1/batches", _said(_batches)),
    Route("GET", "/v1/batches/{batch_id}", _said(_batch)),
    Route("POST", "/v1/batches/{batch_id}/cancel", _said(_cancel)),
)
