"""TokenFoundry's ledger, as a gateway uses it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import tokenfoundry as tf
from ledger_rivals.books import Answer, Durability
from ledger_rivals.workload import ACCOUNTS, ACTUAL, FIRST, NOW_MS, PROJECTS, WORST, asked, told
from tokenfoundry.errors import Conflict, InvalidState, NotFound

AXES = {
    project: tf.Axes(
        workspace="w", project=project, consumer="c", key="k1", model="gpt-4o-mini", region="us", env="prod"
    )
    for project in PROJECTS
}


def budget(number: int, cap: int) -> tf.Budget:
    projects = [project for project, accounts in PROJECTS.items() if number in accounts]
    return tf.Budget(
        name=f"b{number}",
        match={"project": projects},
        unit="money_nano",
        window=tf.Window("monthly", anchor_day=1, tz="Europe/Rome"),
        hard=cap,
    )


def money(amount: int) -> tf.Amounts:
    return tf.Amounts(money_nano=amount, tokens=2_000, requests=1)


class Own:
    def __init__(self, path: str, durability: Durability) -> None:
        self.led = tf.Ledger.open(path, durability=durability, clock=lambda: NOW_MS)
        self.runner = asyncio.Runner()
        self.face = self.led.asynchronous()

    def set_caps(self, caps: Sequence[int]) -> None:
        self.led.set_budgets([budget(number, cap) for number, cap in enumerate(caps)])

    def reserve(self, id: str, project: str, amount: int, detail: bytes) -> Answer:
        try:
            answer = self.led.reserve(id, amounts=money(amount), axes=AXES[project], detail=detail)
        except Conflict:
            return "conflict"
        except InvalidState:
            return "resolved"
        return "held" if isinstance(answer, tf.Hold) else "refused"

    def settle(self, id: str, amount: int, detail: bytes) -> Answer:
        try:
            self.led.settle(id, money(amount), detail=detail)
        except NotFound:
            return "unknown"
        except InvalidState:
            return "resolved"
        return "done"

    def void(self, id: str) -> Answer:
        try:
            self.led.void(id)
        except NotFound:
            return "unknown"
        except InvalidState:
            return "resolved"
        return "done"

    def together(self, prefix: str, numbers: range, in_flight: int) -> None:
        """As many tasks on one event loop, one call after the other each: the flusher syncs once for all who wrote."""
        waiting = iter(numbers)

        async def spend() -> None:
            for number in waiting:
                id = f"{prefix}/{number}"
                await self.face.reserve(id, amounts=money(WORST), axes=AXES[FIRST], detail=asked(number))
                await self.face.settle(id, money(ACTUAL), detail=told(number))

        async def all_of_them() -> None:
            await asyncio.gather(*(spend() for _ in range(in_flight)))

        self.runner.run(all_of_them())

    def balances(self) -> list[tuple[int, int]]:
        assert self.led.verify().ok
        shown = {balance.budget: (balance.posted, balance.held) for balance in self.led.balances()}
        return [shown[f"b{number}"] for number in range(ACCOUNTS)]

    def close(self) -> None:
        self.led.close()
        self.runner.close()


open_books = Own
