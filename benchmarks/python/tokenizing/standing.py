"""What a service meets besides speed: hostile texts, new threads, loading, and other threads that wait."""

from __future__ import annotations

import base64
import json
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

from tokenizing.subjects import Subject

HERE = Path(__file__).resolve().parent
MEGABYTE = 1_000_000


def hostile() -> dict[str, str]:
    """A megabyte of UTF-8 each."""
    rng = random.Random(3)
    letters = "abcdefghijklmnopqrstuvwxyz"
    return {
        "one letter": "a" * MEGABYTE,
        "letters at random": "".join(rng.choices(letters, k=MEGABYTE)),
        "spaces": " " * MEGABYTE,
        "newlines": "\n" * MEGABYTE,
        "spaces and newlines": "  \n" * (MEGABYTE // 3),
        "equals signs": "=" * MEGABYTE,
        "base64": base64.b64encode(rng.randbytes(MEGABYTE * 3 // 4)).decode(),
        "digits": "".join(rng.choices("0123456789", k=MEGABYTE)),
        "one ideograph": "的" * (MEGABYTE // 3),
        "ideographs at random": "".join(chr(rng.randrange(0x4E00, 0x9FFF)) for _ in range(MEGABYTE // 3)),
        "emoji": "😀" * (MEGABYTE // 4),
        "combining marks": "e" + "\u0301" * (MEGABYTE // 2),
        "capitals after ideographs": "中A" * (MEGABYTE // 4),
        "apostrophes": "'s" * (MEGABYTE // 2),
    }


def hostile_s(subject: Subject) -> dict[str, float]:
    seconds = {}
    for name, text in hostile().items():
        started = time.process_time()
        subject.encode(text)
        seconds[name] = time.process_time() - started
    return seconds


def resident_bytes() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no VmRSS in /proc/self/status")


def fresh_thread(subject: Subject, prompt: str) -> tuple[float, int]:
    """CPU seconds and bytes of the first prompt on each of some new threads: the median thread."""
    taken: list[tuple[float, int]] = []

    def first() -> None:
        before = resident_bytes()
        started = time.thread_time()
        subject.count(prompt)
        spent = time.thread_time() - started
        taken.append((spent, resident_bytes() - before))

    for _ in range(9):
        thread = threading.Thread(target=first)
        thread.start()
        thread.join()
    return sorted(taken)[len(taken) // 2]


def stall(subject: Subject, text: str) -> float:
    """The longest time that another thread of Python stands still during a call, by the length of the call."""
    shares = []
    for _ in range(3):
        longest, done, running = [0.0], threading.Event(), threading.Event()

        def watch(longest: list[float] = longest, done: threading.Event = done, up: threading.Event = running) -> None:
            last = time.perf_counter()
            up.set()
            while not done.is_set():
                now = time.perf_counter()
                longest[0] = max(longest[0], now - last)
                last = now

        watcher = threading.Thread(target=watch)
        watcher.start()
        running.wait()
        time.sleep(0.02)
        longest[0] = 0.0
        started = time.perf_counter()
        subject.encode(text)
        spent = time.perf_counter() - started
        done.set()
        watcher.join()
        shares.append(longest[0] / spent)
    return min(shares)


LOAD = """
import json, sys, time
sys.path[:0] = json.loads(sys.argv[1])
from tokenizing.subjects import SUBJECTS, add_rivals, rank_file
from tokenizing.standing import resident_bytes
add_rivals()
name = sys.argv[2]
__import__({"tokenfoundry": "tokenfoundry.tokens"}.get(name, name))
before = resident_bytes()
started = time.perf_counter()
subject = SUBJECTS[name]("o200k_base")
subject.count("a")
print(json.dumps([time.perf_counter() - started, resident_bytes() - before]))
"""


def loading(name: str) -> tuple[float, int]:
    """Seconds to load o200k_base and count one letter in a fresh process that has imported the package, and the memory
    that this took."""
    command = [sys.executable, "-c", LOAD, json.dumps(sys.path), name]
    taken = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(3)]
    seconds, memory = sorted(taken)[1]
    return float(seconds), int(memory)
