"""A process that spends until it is killed. For each line `round directory durability` on stdin it forks a worker and
prints the worker's pid; what a worker was promised goes to the descriptor in argv[1]: a line of JSON before each
operation, `["ask", verb, id, fields]`, and one after it, `["done", verb, id, result]`.

The parent of the workers never opens a ledger, so that nothing of one is inherited through the fork.
"""

import json
import os
import random
import sys
import threading
import time
from datetime import timedelta
from typing import Any

import tokenfoundry as tf
from tokenfoundry.ledger import Change, Level, Sums, Tallies

PROJECTS = ["p0", "p1", "p2", "prepaid"]
LEVELS = [200, 400, 800, 1600, 3200, 6400, 12800]
CALLS_HARD = 40  # Per project, before raises.


def budgets(extra: int) -> list[tf.Budget]:
    """Those that every worker has, and with `extra` one that comes, goes and changes how it counts."""
    forever = tf.Window("lifetime")
    made = [
        tf.Budget(name="all", unit="tokens", window=forever, hard=10**12),
        tf.Budget(
            name="each",
            each=["project"],
            unit="tokens",
            window=forever,
            hard=10**9,
            burst=tf.Burst(size=1000, refill=1),
            levels=[Level(f"l{amount}", amount) for amount in LEVELS],
        ),
        tf.Budget(name="calls", each=["project"], unit="requests", window=forever, hard=CALLS_HARD),
        tf.Budget(name="prepaid", match={"project": "prepaid"}, unit="tokens", window=forever, prepaid=True),
        tf.Budget(name="session", each=["session"], unit="requests", window=tf.Window("session"), hard=40),
        tf.Budget(
            name="rolling", unit="money_nano", window=tf.Window("rolling", length=timedelta(hours=1)), hard=10**15
        ),
    ]
    if extra:
        each = [(), ("key",), ("project", "key")][extra % 3]
        made.append(tf.Budget(name="extra", each=each, unit="money_nano", window=forever, hard=10**12 + extra))
    return made


def detail_of(id: str) -> bytes:
    """What an entry of this id says when it is settled: some have much to say."""
    rng = random.Random(id)
    return rng.randbytes(rng.choice([0, 40, 2000]))


class Spender:
    """One thread of a worker. Everything that is random about it follows from its name."""

    def __init__(self, led: tf.Ledger, name: str, promises: int) -> None:
        self._led = led
        self._name = name
        self._promises = promises
        self._rng = random.Random(name)
        self._settled: list[list[Any]] = []  # [seq, project, tokens left]: what can be corrected
        self._session = ""

    def run(self) -> None:
        actions = [self.call, self.hit, self.adjust, self.raise_cap, self.reset, self.freeze, self.grant]
        weights = [70, 5, 8, 6, 2, 2, 5]
        if self._name.endswith(".0"):
            actions.append(self.replace_budgets)
            weights.append(1)
        try:
            for number in range(1_000_000):
                [action] = self._rng.choices(actions, weights)
                action(f"{self._name}/{number}")
        except BaseException as error:
            self._tell("done", "failed", self._name, repr(error))
            raise

    def _tell(self, *promise: Any) -> None:
        os.write(self._promises, json.dumps(promise).encode() + b"\n")

    def _axes(self) -> tf.Axes:
        rng = self._rng
        if rng.random() < 0.02:
            self._session = f"{self._name}:{rng.random()}"
        session = self._session if rng.random() < 0.3 else ""
        return tf.Axes(project=rng.choice(PROJECTS), key=rng.choice(["k1", "k2"]), session=session)

    def call(self, id: str) -> None:
        rng = self._rng
        held, axes = rng.randint(1, 20), self._axes()
        self._tell("ask", "reserve", id, [held, axes.project, axes.key, axes.session])
        amounts = tf.Amounts(tokens=held, money_nano=held * 1000, requests=1)
        answer = self._led.reserve(id, amounts=amounts, axes=axes, detail=b"held")
        self._tell("done", "reserve", id, "held" if isinstance(answer, tf.Hold) else "refused")
        if isinstance(answer, tf.Refusal):
            return
        choice = rng.random()
        if choice < 0.15:
            self._tell("ask", "void", id, None)
            self._tell("done", "void", id, self._led.void(id).seq)
        elif choice < 0.9:
            over = 5 if choice < 0.2 and axes.project != "prepaid" else 0
            used = rng.randint(1, held) if not over else held + over
            self._tell("ask", "settle", id, used)
            entry = self._led.settle(
                id,
                tf.Amounts(tokens=used, money_nano=used * 1000, requests=1),
                tallies=Tallies(input_tokens=used, latency_ms=3),
                detail=detail_of(id),
            )
            self._tell("done", "settle", id, entry.seq)
            self._settled.append([entry.seq, axes.project, used])
        # Else it stays open, for the next process.

    def hit(self, id: str) -> None:
        axes = self._axes()
        self._tell("ask", "hit", id, [axes.project, axes.key])
        entry = self._led.record(id, kind="hit", axes=axes, amounts=tf.Amounts(gpu_ms=1))
        self._tell("done", "hit", id, entry.seq)

    def adjust(self, id: str) -> None:
        if not self._settled:
            return
        corrected = self._rng.choice(self._settled)
        seq, project, left = corrected
        difference = self._rng.randint(-left, 0 if project == "prepaid" else 5)
        self._tell("ask", "adjust", id, [seq, difference])
        entry = self._led.adjust(id, seq, Sums(tokens=difference), actor=self._name, reason="late")
        corrected[2] += difference
        self._tell("done", "adjust", id, entry.seq)

    def _change(self, id: str, **fields: Any) -> None:
        self._tell("ask", "change", id, fields)
        if fields.get("each") is not None:
            fields["each"] = tuple(fields["each"])
        entry = self._led.apply(id, Change(**fields, actor=self._name, reason=id))
        self._tell("done", "change", id, entry.seq)

    def raise_cap(self, id: str) -> None:
        project = self._rng.choice(PROJECTS)
        if self._rng.random() < 0.8:
            self._change(id, kind="raise", budget="calls", each=[project], amount=10)
        else:
            until = int(time.time() * 1000) + self._rng.choice([1, 30, 10**6])
            self._change(id, kind="raise", budget="each", amount=7, until=until)

    def reset(self, id: str) -> None:
        each = self._rng.choice([None, [self._rng.choice(PROJECTS)]])
        self._change(id, kind="reset", budget="each", each=each)

    def freeze(self, id: str) -> None:
        each = [self._rng.choice(PROJECTS)]
        self._change(f"{id}+", kind="freeze", budget="each", each=each)
        self._change(f"{id}-", kind="unfreeze", budget="each", each=self._rng.choice([None, each]))

    def grant(self, id: str) -> None:
        amount, priority = self._rng.randint(1, 100), self._rng.randint(0, 2)
        self._change(id, kind="grant", budget="prepaid", amount=amount, priority=priority)

    def replace_budgets(self, id: str) -> None:
        extra = self._rng.randint(0, 5)
        self._tell("ask", "budgets", id, extra)
        self._led.set_budgets(budgets(extra))
        self._tell("done", "budgets", id, extra)


def work(number: str, directory: str, durability: str, promises: int) -> None:
    led = tf.Ledger.open(directory, durability=durability)  # type: ignore[arg-type]
    os.write(promises, json.dumps(["done", "open", number, led.recovered]).encode() + b"\n")
    led.set_budgets(budgets(0))
    os.write(promises, json.dumps(["done", "ready", number, None]).encode() + b"\n")
    threads = [threading.Thread(target=Spender(led, f"{number}.{n}", promises).run) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> None:
    promises = int(sys.argv[1])
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            number, directory, durability = line.split()
            try:
                work(number, directory, durability, promises)
            except BaseException as error:  # noqa: BLE001 - whatever ends a worker before it is killed is told
                os.write(promises, json.dumps(["done", "failed", number, repr(error)]).encode() + b"\n")
            finally:
                os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        os.waitpid(pid, 0)
        sys.stdout.write("gone\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
