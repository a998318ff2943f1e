"""A second attempt when the first is slow: the first of the two to answer wins, the other is cancelled.

Both are paid for: whoever is cancelled has been sent, so its attempt is booked for what it may have cost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from tokenfoundry.resilience.timing import Timing

Result = TypeVar("Result")


async def first_of(
    first: Coroutine[Any, Any, Result],
    second: Callable[[], Coroutine[Any, Any, Result] | None],
    *,
    after_s: float,
    timing: Timing,
    discard: Callable[[Result], Awaitable[None]],
) -> Result:
    """The result of `first`, or of `second` if that is made and is earlier.

    `second` is asked for once `first` has given nothing for `after_s`; None when there is none to make. When one of the
    two fails the other is waited for; when both fail, the error of `first` is raised. When this is cancelled both are,
    and it ends after they have. `discard` is given a result that came too late.
    """
    tasks = [asyncio.ensure_future(first)]
    alarm = asyncio.ensure_future(timing.sleep(after_s))
    won: asyncio.Future[Result] | None = None
    try:
        await asyncio.wait({tasks[0], alarm}, return_when=asyncio.FIRST_COMPLETED)
        if not tasks[0].done():
            coroutine = second()
            if coroutine is not None:
                tasks.append(asyncio.ensure_future(coroutine))
        while won is None:
            waiting = {task for task in tasks if not task.done()}
            won = next((task for task in tasks if task.done() and not task.cancelled() and not task.exception()), None)
            if won is None:
                if not waiting:
                    won = tasks[0]
                else:
                    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        alarm.cancel()
        await _end([task for task in tasks if task is not won], discard)
    return won.result()


async def _end(losers: list[asyncio.Future[Result]], discard: Callable[[Result], Awaitable[None]]) -> None:
    """Cancels them and waits until they have cleaned up. Their errors are nobody's: what they did is on record."""
    for task in losers:
        task.cancel()
    if losers:
        await asyncio.wait(losers)
    for task in losers:
        if not task.cancelled() and task.exception() is None:
            await discard(task.result())
