"""One connection to one of the four, in a process of its own: a JSON object per line on stdin, one per line on stdout.

    worker.py own|sqlite|postgres|redis_lua WHERE process|power

    {"do": "history", "seed": 1, "count": 3000}     the answers to a random history, and the balances after it
    {"do": "pairs", "name": "r1", "count": 2000, "threads": 1}      calls one after the other, in each thread
    {"do": "together", "name": "r2", "count": 3200, "in_flight": 64}
    {"do": "caps"}      ample ones, as before any timing
    {"do": "balances"}

The timed ones answer with `cpu_us` (of this whole process), `seconds`, and for pairs `p50_us` and `p99_us`.
"""

from __future__ import annotations

import importlib
import json
import statistics
import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ledger_rivals import workload
from ledger_rivals.books import Books, answer, run_pairs


def history(books: Books, seed: int, count: int) -> dict[str, Any]:
    books.set_caps(workload.biting_caps(count))
    answers = [answer(books, operation) for operation in workload.history(seed, count)]
    return {"answers": answers, "balances": books.balances()}


def pairs(books: Books, name: str, count: int, threads: int) -> dict[str, float]:
    took_ns: list[int] = []
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    if threads == 1:
        took_ns = run_pairs(books, name, count)
    else:

        def run(thread: int) -> None:
            took_ns.extend(run_pairs(books, f"{name}/{thread}", count // threads))

        running = [threading.Thread(target=run, args=(thread,)) for thread in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        assert len(took_ns) == count // threads * threads
    spent = spent_since(cpu_s, wall_s)
    cuts = statistics.quantiles(took_ns, n=100)
    return {**spent, "p50_us": cuts[49] / 1e3, "p99_us": cuts[98] / 1e3}


def together(books: Books, name: str, count: int, in_flight: int) -> dict[str, float]:
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    books.together(name, range(count), in_flight)
    return spent_since(cpu_s, wall_s)


def spent_since(cpu_s: float, wall_s: float) -> dict[str, float]:
    return {"cpu_us": (time.process_time() - cpu_s) * 1e6, "seconds": time.perf_counter() - wall_s}


def answered(books: Books, question: dict[str, Any]) -> dict[str, Any]:
    match question.pop("do"):
        case "history":
            return history(books, **question)
        case "pairs":
            return pairs(books, **question)
        case "together":
            return together(books, **question)
        case "balances":
            return {"balances": books.balances()}
        case "caps":
            books.set_caps(workload.ample_caps())
            return {}
        case other:
            raise ValueError(other)


def main() -> None:
    name, where, durability = sys.argv[1:]
    books: Books = importlib.import_module(f"ledger_rivals.{name}").open_books(where, durability)
    sys.stdout.write("{}\n")
    sys.stdout.flush()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answered(books, json.loads(line))) + "\n")
        sys.stdout.flush()
    books.close()


if __name__ == "__main__":
    main()
