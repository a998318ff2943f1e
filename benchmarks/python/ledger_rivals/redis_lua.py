"""The logic on Redis: a Lua script per operation, over a unix socket, with the append-only file.

Lua counts in doubles, so sums are exact only up to 2**53 nano units: nine million units of money.
"""

from __future__ import annotations

from collections.abc import Sequence

import redis

from ledger_rivals.books import Answer, Durability, in_groups
from ledger_rivals.workload import ACCOUNTS, ACTUAL, AXES, FIRST, NOW_MS, PROJECTS, WORST, asked, told

FSYNC = {"process": "everysec", "power": "always"}

# KEYS: the hold, the entry, the accounts. ARGV: project, amount, axes, detail, now.
RESERVE = """
local hold = redis.call('GET', KEYS[1])
if hold then
  local at = cmsgpack.unpack(hold)
  return at[2] == ARGV[1] and at[3] == ARGV[2] and at[5] == ARGV[4] and 'held' or 'conflict'
end
if redis.call('EXISTS', KEYS[2]) == 1 then return 'resolved' end
local amount = tonumber(ARGV[2])
for i = 3, #KEYS do
  local account = redis.call('HMGET', KEYS[i], 'hard', 'posted', 'held')
  if account[2] + account[3] + amount > tonumber(account[1]) then return 'refused' end
end
for i = 3, #KEYS do redis.call('HINCRBY', KEYS[i], 'held', ARGV[2]) end
redis.call('SET', KEYS[1], cmsgpack.pack({ARGV[5], ARGV[1], ARGV[2], ARGV[3], ARGV[4]}))
return 'held'
"""

# KEYS: the hold, the entry, the sequence, the order of entries. ARGV: kind, amount, now, detail (absent: the hold's).
# The accounts follow from the hold's project; their names are made here, which a single server allows.
RESOLVE = """
local bytes = redis.call('GET', KEYS[1])
if not bytes then
  local done = redis.call('GET', KEYS[2])
  if not done then return 'unknown' end
  local entry = cmsgpack.unpack(done)
  local same = entry[2] == ARGV[1] and entry[6] == ARGV[2] and (not ARGV[4] or entry[8] == ARGV[4])
  return same and 'done' or 'resolved'
end
local hold = cmsgpack.unpack(bytes)
local posted, released = ARGV[2], '-' .. hold[3]
if hold[3] == '0' then released = '0' end
for _, account in ipairs(ACCOUNTS[hold[2]]) do
  redis.call('HINCRBY', account, 'held', released)
  redis.call('HINCRBY', account, 'posted', posted)
end
local seq = redis.call('INCR', KEYS[3])
redis.call('SET', KEYS[2],
           cmsgpack.pack({seq, ARGV[1], hold[1], ARGV[3], hold[2], posted, hold[4], ARGV[4] or hold[5]}))
redis.call('RPUSH', KEYS[4], KEYS[2])
redis.call('DEL', KEYS[1])
return 'done'
"""


def _lua_accounts() -> str:
    """The names of each project's accounts, as a Lua table."""
    quoted = {project: [f"'a:{number}'" for number in accounts] for project, accounts in PROJECTS.items()}
    return (
        "local ACCOUNTS = {"
        + ", ".join(f"{project} = {{{', '.join(names)}}}" for project, names in quoted.items())
        + "}\n"
    )


class Redis:
    def __init__(self, directory: str, durability: Durability) -> None:
        self.db = redis.Redis(unix_socket_path=f"{directory}/redis.sock", socket_timeout=60)
        self.db.config_set("appendfsync", FSYNC[durability])
        self.reserving = self.db.script_load(RESERVE)
        self.resolving = self.db.script_load(_lua_accounts() + RESOLVE)
        self.accounts = {project: [f"a:{number}" for number in accounts] for project, accounts in PROJECTS.items()}

    def set_caps(self, caps: Sequence[int]) -> None:
        """Begins anew."""
        self.db.flushall()
        for number, cap in enumerate(caps):
            self.db.hset(f"a:{number}", mapping={"hard": cap, "posted": 0, "held": 0})

    def _reserve(self, id: str, project: str, amount: int, detail: bytes) -> tuple[object, ...]:
        keys = (f"h:{id}", f"e:{id}", *self.accounts[project])
        return self.reserving, len(keys), *keys, project, amount, AXES, detail, NOW_MS

    def _resolve(self, id: str, kind: str, amount: int, *detail: bytes) -> tuple[object, ...]:
        return self.resolving, 4, f"h:{id}", f"e:{id}", "seq", "entries", kind, amount, NOW_MS, *detail

    def reserve(self, id: str, project: str, amount: int, detail: bytes) -> Answer:
        return str(self.db.evalsha(*self._reserve(id, project, amount, detail)), "ascii")

    def settle(self, id: str, amount: int, detail: bytes) -> Answer:
        return str(self.db.evalsha(*self._resolve(id, "settled", amount, detail)), "ascii")

    def void(self, id: str) -> Answer:
        return str(self.db.evalsha(*self._resolve(id, "void", 0)), "ascii")

    def together(self, prefix: str, numbers: range, in_flight: int) -> None:
        """Pipelined: the server syncs once for what it read at once."""
        for calls in in_groups(numbers, in_flight):
            self._pipelined([self._reserve(f"{prefix}/{one}", FIRST, WORST, asked(one)) for one in calls], b"held")
            self._pipelined([self._resolve(f"{prefix}/{one}", "settled", ACTUAL, told(one)) for one in calls], b"done")

    def _pipelined(self, calls: Sequence[tuple[object, ...]], right: bytes) -> None:
        pipeline = self.db.pipeline(transaction=False)
        for call in calls:
            pipeline.evalsha(*call)
        assert set(pipeline.execute()) == {right}

    def balances(self) -> list[tuple[int, int]]:
        rows = [self.db.hmget(f"a:{number}", "posted", "held") for number in range(ACCOUNTS)]
        return [(int(posted), int(held)) for posted, held in rows]

    def close(self) -> None:
        self.db.close()


open_books = Redis
