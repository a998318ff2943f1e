"""Of two attempts the first to answer wins, and the other leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from support.still_time import StillTime, settle
from tokenfoundry.resilience.hedge import first_of


class Attempts:
    """Two attempts that end when they are told to, and what became of them."""

    def __init__(self) -> None:
        self.time = StillTime()
        self.ends: dict[str, asyncio.Future[str]] = {}
        self.log: list[str] = []
        self.has_second = True

    async def attempt(self, name: str) -> str:
        self.ends[name] = asyncio.get_running_loop().create_future()
        self.log.append(f"{name} begins")
        try:
            return await self.ends[name]
        except asyncio.CancelledError:
            self.log.append(f"{name} is cancelled")
            await asyncio.sleep(0)
            self.log.append(f"{name} is settled")
            raise

    def second(self) -> Coroutine[Any, Any, str] | None:
        return self.attempt("second") if self.has_second else None

    async def discard(self, result: str) -> None:
        self.log.append(f"{result} is discarded")

    def race(self) -> asyncio.Task[str]:
        racing = first_of(
            self.attempt("first"), self.second, after_s=0.8, timing=self.time.timing, discard=self.discard
        )
        return asyncio.ensure_future(racing)


async def test_a_first_that_is_quick_is_alone() -> None:
    attempts = Attempts()
    race = attempts.race()
    await settle()
    attempts.time.advance(0.7)
    attempts.ends["first"].set_result("one")
    assert await race == "one"
    assert attempts.log == ["first begins"]
    await settle()
    assert attempts.time.sleepers == 0


@pytest.mark.parametrize(("winner", "loser"), [("first", "second"), ("second", "first")])
async def test_the_first_to_answer_wins_and_the_other_is_settled_before_the_race_is_over(
    winner: str, loser: str
) -> None:
    attempts = Attempts()
    race = attempts.race()
    await settle()
    attempts.time.advance(0.8)
    await settle()
    attempts.ends[winner].set_result(winner)
    assert await race == winner
    assert attempts.log == ["first begins", "second begins", f"{loser} is cancelled", f"{loser} is settled"]


@pytest.mark.parametrize(("fails", "answers"), [("first", "second"), ("second", "first")])
async def test_when_one_fails_the_other_is_waited_for(fails: str, answers: str) -> None:
    attempts = Attempts()
    race = attempts.race()
    await settle()
    attempts.time.advance(0.8)
    await settle()
    attempts.ends[fails].set_exception(ValueError(fails))
    await settle()
    assert not race.done()
    attempts.ends[answers].set_result(answers)
    assert await race == answers


@pytest.mark.parametrize("order", [("first", "second"), ("second", "first")])
async def test_when_both_fail_the_error_of_the_first_is_told(order: tuple[str, str]) -> None:
    attempts = Attempts()
    race = attempts.race()
    await settle()
    attempts.time.advance(0.8)
    await settle()
    for name in order:
        attempts.ends[name].set_exception(ValueError(name))
        await settle()
    with pytest.raises(ValueError, match="first"):
        await race


async def test_a_first_that_fails_before_the_time_is_not_hedged() -> None:
    attempts = Attempts()
    race = attempts.race()
    await settle()
    attempts.ends["first"].set_exception(ValueError("first"))
    with pytest.raises(ValueError, match="first"):
        await race
    assert attempts.log == ["first begins"]


async def test_without_a_second_the_first_is_waited_for() -> None:
    attempts = Attempts()
    attempts.has_second = False
    race = attempts.race()
    await settle()
    attempts.time.advance(0.8)
    await settle()
    attempts.ends["first"].set_result("one")
    assert await race == "one"


@pytest.mark.parametrize("hedged", [False, True])
async def test_a_caller_that_leaves_ends_both(hedged: bool) -> None:
    attempts = Attempts()
    race = attempts.race()
    await settle()
    if hedged:
        attempts.time.advance(0.8)
        await settle()
    race.cancel()
    with pytest.raises(asyncio.CancelledError):
        await race
    begun = {line.split()[0] for line in attempts.log}
    assert begun == ({"first", "second"} if hedged else {"first"})
    assert {name for name in begun if f"{name} is settled" in attempts.log} == begun
    await settle()
    assert attempts.time.sleepers == 0


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_a_caller_that_leaves_while_the_other_is_settled_leaves_no_answer_behind(times: int) -> None:
    attempts = Attempts()
    race = attempts.race()
    await settle()
    attempts.time.advance(0.8)
    await settle()
    attempts.ends["first"].set_result("one")
    while "second is cancelled" not in attempts.log:
        await asyncio.sleep(0)
    for _ in range(times):
        race.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await race
    assert attempts.log[-2:] == ["second is settled", "one is discarded"]


async def test_an_answer_that_comes_with_the_other_is_discarded() -> None:
    attempts = Attempts()
    race = attempts.race()
    await settle()
    attempts.time.advance(0.8)
    await settle()
    for name in ("first", "second"):
        attempts.ends[name].set_result(name)
    assert await race == "first"
    assert attempts.log[-1] == "second is discarded"
