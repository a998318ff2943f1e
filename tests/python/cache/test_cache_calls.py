from pathlib import Path

import pytest

import tokenfoundry as tf
from tokenfoundry.errors import DirectoryBusy, InvalidInput, InvalidState


def test_an_answer_is_kept_until_it_expires_also_across_openings(tmp_path: Path) -> None:
    now_ms = 1000
    with tf.Cache.open(tmp_path, max_bytes=1 << 20, clock=lambda: now_ms) as cache:
        cache.put(b"question", b"answer", ttl_ms=500)
        assert cache.get(b"question") == b"answer"
        assert cache.get(b"Question") is None
        stats = cache.stats()
        assert stats.entries == 1
    with tf.Cache.open(tmp_path, max_bytes=1 << 20, clock=lambda: now_ms) as cache:
        assert cache.stats() == stats
        now_ms = 1499
        assert cache.get(b"question") == b"answer"
        now_ms = 1500
        assert cache.get(b"question") is None


def test_the_bytes_stay_below_the_bound(tmp_path: Path) -> None:
    with tf.Cache.open(tmp_path, max_bytes=100_000) as cache:
        for i in range(50):
            cache.put(b"%d" % i, bytes(10_000), ttl_ms=60_000)
            assert cache.stats().bytes <= 100_000
        assert cache.get(b"49") == bytes(10_000)
        assert cache.get(b"0") is None
        cache.clear()
        assert cache.stats() == tf.CacheStats(entries=0, bytes=0)


def test_misuse_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="max_bytes"):
        tf.Cache.open(tmp_path, max_bytes=10)
    cache = tf.Cache.open(tmp_path, max_bytes=1 << 20)
    with pytest.raises(InvalidInput, match="ttl_ms"):
        cache.put(b"q", b"a", ttl_ms=0)
    with pytest.raises(DirectoryBusy, match="this same process"):
        tf.Cache.open(tmp_path, max_bytes=1 << 20)
    cache.close()
    with pytest.raises(InvalidState, match="closed"):
        cache.get(b"q")
