"""A served gateway under mixed load at a provider that goes wrong at random: does anything grow, leak, or get lost?

Beside the load its configuration is read again, keys are made and revoked and the cache is cleared. A table says how it
is; after the warm-up and at the end the callers rest, and what the process uses then is compared. At the very end the
books are opened again and held against the provider's own count. Exit code 1, with what is wrong, when something is.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from soak.books import figures, held, what_is_wrong
from soak.callers import Callers
from soak.provider import FaultyUpstream, Provider
from soak.served import Sample, Served, served
from support.factories import config
from tokenfoundry.factory import TokenFactory

_STORM_EVERY_S, _STORM_S = 20, 2
_CHANGE_EVERY_S = 5

# What it may use more at the end than after the warm-up, both at rest.
_MOST_RSS_MIB = 24
_MOST_FILES = 8
_MOST_SOCKETS = 24  # Connections to callers and the provider that wait for the next call.
_MOST_THREADS = 2
_MOST_TASKS = 2
_MOST_LAG_MS = 2000


def settings_of(base_url: str, data_dir: Path) -> dict[str, Any]:
    made = config(base_url, data_dir)
    target = made["targets"]["small"]
    made["providers"]["upstream"]["timeout_s"] = {"connect": 2, "first_byte": 1.5, "read": 1.5, "total": 20}
    made["providers"]["nowhere"] = {"format": "openai", "base_url": "http://127.0.0.1:9/v1"}
    models = {"steady": "steady-1", "stormy": "stormy-1", "leaver": "leaver-1"}
    made["targets"] = {name: {**target, "model": model} for name, model in models.items()}
    made["targets"]["gone"] = {**target, "model": "gone-1", "provider": "nowhere"}
    made["aliases"] = {
        "steady": ["steady"],
        "stormy": ["stormy", "steady"],
        "leaver": ["leaver"],
        "gone": ["gone", "steady"],
    }
    made["routing"] = {}
    lifetime = {"kind": "lifetime"}
    made["budgets"] = [
        {"name": "all", "unit": "money", "window": lifetime, "hard": "1000000"},
        {
            "name": "tight",
            "match": {"project": "tight"},
            "unit": "tokens",
            "hard": 1500,
            "window": {"kind": "rolling", "length": "1m"},
        },
        {"name": "poor", "match": {"project": "poor"}, "unit": "tokens", "window": lifetime, "hard": 50},
    ]
    made["cache"] = {"max_bytes": "8MB", "ttl": "1m"}
    retries = {"most": 2, "base": "10ms", "share": "0.5", "per_second": 20}
    made["resilience"] = {
        "retries": retries,
        "breaker": {"open": "300ms", "longest_open": "1s"},
        "keys": {"limited": "50ms"},
    }
    return made


async def storm(provider: Provider) -> None:
    while True:
        await asyncio.sleep(_STORM_EVERY_S - _STORM_S)
        provider.storms = True
        await asyncio.sleep(_STORM_S)
        provider.storms = False


async def change_things(gateway: Served) -> None:
    """What an administrator does meanwhile."""
    while True:
        await asyncio.sleep(_CHANGE_EVERY_S)
        await gateway.admin("POST", "/admin/reload")
        made = await gateway.admin("POST", "/admin/keys", {"project": "passing"})
        await gateway.admin("POST", f"/admin/keys/{made['id']}/freeze")
        await gateway.admin("POST", "/admin/cache/invalidate", {"project": "claims"})


class Table:
    """Says how it is, a line each time."""

    def __init__(self) -> None:
        self._started_s = time.monotonic()
        self._calls, self._at_s = 0, self._started_s
        self._told: Counter[str] = Counter()
        names = ("RSS MiB", "files", "sockets", "threads", "tasks", "holds", "lag ms", "errors")
        sys.stdout.write(f"{'s':>6}{'calls':>9}{'calls/s':>9}" + "".join(f"{name:>9}" for name in names) + "\n")

    def line(self, callers: Callers, sample: Sample, *, note: str = "") -> None:
        """`note` stands for the errors since the line before, by status."""
        now_s = time.monotonic()
        rate = (callers.calls - self._calls) / max(0.001, now_s - self._at_s)
        self._calls, self._at_s = callers.calls, now_s
        errors: Counter[str] = Counter()
        for told, number in (callers.told - self._told).items():
            if "error" in told or told[0].isdigit():
                errors[told[:3] if told[0].isdigit() else "cut"] += number
        self._told = callers.told.copy()
        note = note or " ".join(f"{kind}:{number}" for kind, number in sorted(errors.items()))
        numbers = [f"{sample.rss_mib:>9.1f}", *(f"{number:>9}" for number in sample[1:])]
        said = f"{now_s - self._started_s:>6.0f}{callers.calls:>9}{rate:>9.0f}" + "".join(numbers)
        sys.stdout.write(f"{said}  {note}".rstrip() + "\n")
        sys.stdout.flush()


async def soak(
    gateway: Served, provider: Provider, *, seconds: float, every_s: float, seed: int
) -> tuple[list[str], Callers]:
    """The problems, and the callers with what they were told."""
    callers = Callers(gateway.url, gateway.keys, seed)
    calling = asyncio.ensure_future(callers.run())
    beside = [asyncio.ensure_future(storm(provider)), asyncio.ensure_future(change_things(gateway))]
    table = Table()
    warm_s = min(300.0, seconds / 3)  # Until what is remembered of texts, and the books' buffers, are full.
    lags_ms: list[float] = []

    async def load(for_s: float) -> None:
        until = time.monotonic() + for_s
        callers.go()
        while (left_s := until - time.monotonic()) > 0:
            await asyncio.sleep(min(every_s, left_s))
            sample = await gateway.sample()
            lags_ms.append(sample.lag_ms)
            table.line(callers, sample)

    try:
        await load(warm_s)
        await callers.rest()
        before = await gateway.at_rest()
        table.line(callers, before, note="at rest")
        await load(seconds - warm_s)
        await callers.rest()
        for task in beside:
            task.cancel()
        after = await gateway.at_rest()
        table.line(callers, after, note="at rest")
    finally:
        await callers.end()
        await calling
        ends = await asyncio.gather(*beside, return_exceptions=True)
    wrong = [f"beside the load: {end!r}" for end in ends if not isinstance(end, asyncio.CancelledError)]
    return [*callers.problems, *wrong, *_growth(before, after, max(lags_ms))], callers


def _growth(before: Sample, after: Sample, lag_ms: float) -> Iterator[str]:
    bounds = {
        "rss_mib": _MOST_RSS_MIB,
        "files": _MOST_FILES,
        "sockets": _MOST_SOCKETS,
        "threads": _MOST_THREADS,
        "tasks": _MOST_TASKS,
    }
    for name, most in bounds.items():
        grown = getattr(after, name) - getattr(before, name)
        if grown > most:
            yield f"{name} grew by {grown:.1f}, to {getattr(after, name):.1f} at rest; {most} is the bound"
    if after.holds:
        yield f"{after.holds} holds are left at rest"
    if lag_ms > _MOST_LAG_MS:
        yield f"the loop was {lag_ms:.0f} ms late"


async def run(folder: Path, *, seconds: float, every_s: float, seed: int) -> list[str]:
    provider = Provider(seed)
    with FaultyUpstream(provider) as upstream:
        settings = settings_of(upstream.base_url, folder / "data")
        config_file = folder / "tokenfoundry.yaml"
        config_file.write_text(yaml.safe_dump(settings), encoding="utf-8")
        log = folder / "gateway.log"
        async with served(config_file, log=log) as gateway:
            problems, callers = await soak(gateway, provider, seconds=seconds, every_s=every_s, seed=seed)
            budgets = await gateway.admin("GET", "/admin/budgets")
            shown = figures(budgets, await gateway.admin("GET", "/admin/report?by=model"))
            problems += [f"{amount} of budget {name} is held at rest" for name, amount in held(budgets).items()]
            if code := await gateway.end():
                problems.append(f"the server ended with {code}")
    problems += _raised(log)
    _say("callers were told", callers.told)
    _say("the provider went wrong", provider.faults)
    with TokenFactory.from_config(settings) as reopened:
        again = figures(
            reopened.admin.handle("GET", "/admin/budgets", {}),
            reopened.admin.handle("GET", "/admin/report", {"by": "model"}),
        )
        if json.loads(json.dumps(again)) != shown:
            problems.append(f"opened again, the books show other figures: {again} instead of {shown}")
        problems += what_is_wrong(reopened, provider, callers.answered)
        requests, bills = provider.requests.total(), provider.billed.total()
        sys.stdout.write(f"{requests} requests at the provider, {bills} of them billed and in the books\n")
    return problems


def _raised(log: Path) -> Iterator[str]:
    """What the gateway did not expect: tracebacks among what it wrote."""
    text = log.read_text(encoding="utf-8", errors="replace")
    number = text.count("Traceback (most recent call last)")
    if number:
        yield f"{number} tracebacks in the gateway's log, the first: ...{text[text.index('Traceback') :][-1500:]}"


def _say(what: str, counts: Counter[str]) -> None:
    sys.stdout.write(f"{what}: " + ", ".join(f"{number} {name}" for name, number in counts.most_common()) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20, help="how long the load lasts")
    parser.add_argument("--every", type=float, help="seconds between the lines of the table")
    parser.add_argument("--seed", type=int, default=1, help="of what callers and provider choose")
    parser.add_argument("--folder", type=Path, help="an empty folder for the books and the log, which are kept there")
    asked = parser.parse_args()
    seconds = asked.minutes * 60
    every_s = asked.every or min(30.0, max(2.0, seconds / 20))
    with tempfile.TemporaryDirectory() as passing:
        folder = asked.folder or Path(passing)
        problems = asyncio.run(run(folder, seconds=seconds, every_s=every_s, seed=asked.seed))
    for problem in problems:
        sys.stdout.write(f"WRONG: {problem}\n")
    sys.stdout.write("nothing grew, leaked or got lost\n" if not problems else f"{len(problems)} problems\n")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
