"""Processes that post the hours of a reservation until they are killed, one after the other over one directory.

`directory kills seed` are the arguments. A line on stdout is the hour up to which all were posted when
`post_due` returned.
"""

import os
import random
import select
import signal
import sys
import time
from decimal import Decimal

from tokenfoundry.ledger import Ledger
from tokenfoundry.pricing import FxTable
from tokenfoundry.pricing.reservations import HOUR_MS, Reservation
from tokenfoundry.rented_hours import RentedHours
from tokenfoundry.settings import TargetSettings

SERVES = TargetSettings.model_construct(provider="node", model="qwen-1", region="it", trust="on_prem")
RENTED = Reservation("qwen", SERVES, 0, 10**6 * HOUR_MS, 8, Decimal("2.50"), "EUR", {})


def post(directory: str, rng: random.Random, ready: int) -> None:
    """Until somebody kills this process. The clock goes on from what is posted, some hours at a time."""
    now_ms = 0

    def clock() -> int:
        return now_ms

    ledger = Ledger.open(directory, clock=clock, durability=rng.choice(["process", "power"]))
    hours = RentedHours(ledger, clock=clock)
    hours.use([RENTED], FxTable("EUR"))
    os.write(ready, b"!")
    while True:
        now_ms = hours.due_ms + rng.choice([0, 0, 10, 200]) * HOUR_MS
        hours.post_due()
        os.write(1, f"{hours.due_ms // HOUR_MS}\n".encode())


def main() -> None:
    directory, kills, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    rng = random.Random(seed)
    for _ in range(kills):
        reading, writing = os.pipe()
        of_worker = random.Random(rng.random())
        pid = os.fork()
        if pid == 0:
            try:
                post(directory, of_worker, writing)
            except BaseException as error:  # noqa: BLE001 - whatever ends a worker before it is killed is told
                os.write(1, f"failed: {error!r}\n".encode())
            finally:
                os._exit(0)
        # Some while they open, most while they post.
        if rng.random() < 0.7:
            select.select([reading], [], [], 60)
        time.sleep(rng.uniform(0, 0.05))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(reading)
        os.close(writing)


if __name__ == "__main__":
    main()
