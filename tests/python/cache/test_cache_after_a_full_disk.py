"""A disk that is full loses answers, and nothing else: the cache works again as soon as the disk does.

The disk is a limit on the size of files (RLIMIT_FSIZE), in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import os, resource, signal, sys, threading
import tokenfoundry as tf
from tokenfoundry.errors import StoreError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
now_ms = 1_000_000
cache = tf.Cache.open(sys.argv[1], max_bytes=200_000_000, clock=lambda: now_ms)
cache.put(b"before", b"answer", ttl_ms=10**9)

unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, unlimited[1]))
value, refused = os.urandom(1 << 18), 0
for number in range(2000):
    try:
        cache.put(b"%d" % number, value, ttl_ms=10**9)
    except StoreError:
        refused += 1
        break
assert refused, "the disk never filled"
assert cache.failed
cache.get(b"before")  # A miss or a hit, no error.

def reopened():
    for thread in threading.enumerate():
        if thread.name == "tokenfoundry-cache":
            thread.join(20)

def refuses():
    try:
        cache.put(b"after", b"answer", ttl_ms=10**9)
    except StoreError:
        return True
    return False

# The disk is still full, or not yet looked at again.
assert refuses()
reopened()
assert cache.failed

resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
now_ms += 29_999
assert refuses()
reopened()
assert cache.failed, "tried before its time"
now_ms += 1
assert refuses()
reopened()
assert not cache.failed
assert not refuses()
assert cache.get(b"after") == b"answer"
cache.close()
with tf.Cache.open(sys.argv[1], max_bytes=200_000_000, clock=lambda: now_ms) as cache:
    assert cache.get(b"after") == b"answer"
print("works again")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_the_cache_works_again_once_the_disk_has_room(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "cache")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.stdout.strip() == "works again", ran.stderr
