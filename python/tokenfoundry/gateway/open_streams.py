"""A stream on its way to its caller: a call in progress until it is closed.

A caller within this process takes a piece when it likes, and nothing of the gateway's runs in between. So a shutdown
ends the stream here: who waits for a piece, or asks for one later, is refused, and the call is settled for what was
produced.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from tokenfoundry.gateway.replies import Refused, StreamAnswer
from tokenfoundry.resilience.drain import Stay


class OpenStream:
    """Keeps its place among the calls in progress."""

    def __init__(self, answer: StreamAnswer, stay: Stay, shutting_down: Callable[[], Refused]) -> None:
        self._answer = answer
        self._stay = stay
        self._shutting_down = shutting_down
        self._reader: asyncio.Task[object] | None = None
        self._is_cut = False
        stay.outlive(self._cut)

    @property
    def answer(self) -> StreamAnswer:
        """The same, to be taken and closed by its caller."""
        return replace(self._answer, chunks=self._chunks(), close=self._close)

    async def _chunks(self) -> AsyncIterator[bytes]:
        while (piece := await self._next()) is not None:
            yield piece

    async def _next(self) -> bytes | None:
        if self._is_cut:
            raise self._shutting_down()
        reader = self._reader = asyncio.current_task()
        assert reader is not None, "a stream is read in a task"
        cancelled_before = reader.cancelling()
        try:
            return await anext(self._answer.chunks, None)
        except asyncio.CancelledError:
            # Someone else may have cancelled as well; that one goes on.
            if self._is_cut and reader.uncancel() <= cancelled_before:
                await self._close()
                raise self._shutting_down() from None
            raise
        finally:
            self._reader = None
            del reader  # A task that ends here keeps this frame with its exception: it must not lead back to the task.

    async def _close(self) -> None:
        try:
            await self._answer.close()
        finally:
            self._stay.leave()

    async def _cut(self) -> None:
        self._is_cut = True
        if self._reader is None:
            await self._close()
        else:
            self._reader.cancel("the gateway is shutting down")
