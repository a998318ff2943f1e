"""A process that spends until it is killed. For each line `round directory durability` on stdin it forks a worker and
prints the worker's pid; what a worker was promised goes to the descriptor in argv[1], one line per promise.

The parent of the workers never opens a ledger, so that nothing of one is inherited through the fork.
"""

import os
import random
import sys
import threading

import tokenfoundry as tf


def spend(led: tf.Ledger, name: str, promises: int) -> None:
    rng = random.Random(name)
    for i in range(1_000_000):
        id = f"{name}/{i}"
        held = rng.randint(1, 20)
        axes = tf.Axes(project=f"p{rng.randint(0, 3)}")
        answer = led.reserve(id, amounts=tf.Amounts(tokens=held, requests=1), axes=axes, detail=b"held")
        if isinstance(answer, tf.Refusal):
            continue
        os.write(promises, f"held {id} {held}\n".encode())
        choice = rng.random()
        if choice < 0.2:
            led.void(id)
            os.write(promises, f"void {id} 0\n".encode())
        elif choice < 0.9:
            used = rng.randint(0, held)
            led.settle(id, tf.Amounts(tokens=used, requests=1), detail=rng.randbytes(rng.randint(0, 2000)))
            os.write(promises, f"settled {id} {used}\n".encode())


def work(number: str, directory: str, durability: str, promises: int) -> None:
    led = tf.Ledger.open(directory, durability=durability)  # type: ignore[arg-type]
    led.set_budgets(
        [
            tf.Budget(name="all", unit="tokens", window=tf.Window("lifetime"), hard=10**12),
            tf.Budget(
                name="each", each=["project"], unit="tokens", window=tf.Window("lifetime"), hard=int(number) * 400
            ),
        ]
    )
    os.write(promises, b"open - 0\n")
    threads = [threading.Thread(target=spend, args=(led, f"{number}.{n}", promises)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> None:
    promises = int(sys.argv[1])
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            work(*line.split(), promises)
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        os.waitpid(pid, 0)
        sys.stdout.write("gone\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
