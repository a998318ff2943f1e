"""A factory that was opened before a fork: its child is told so at once, and the parent goes on.

Each case is a process of its own, which forks as a server with preloaded workers does.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.upstream import Upstream

_BEFORE = """
import asyncio, os, sys
from pathlib import Path
from support.factories import factory

gateway = factory(sys.argv[1], Path(sys.argv[2]))
key = gateway.create_key()
question = [{"role": "user", "content": "ciao"}]
client = gateway.openai_client(key=key, max_retries=0)
client.chat.completions.create(model="fast", messages=question)   # The loop thread runs, the connection is open.
child = os.fork()
if child == 0:
    try:
        in_child()
    except BaseException as error:
        print("child:", type(error).__name__, error, flush=True)
    gateway.close()
    sys.exit(0)   # All destructors run.
_, status = os.waitpid(child, 0)
print("child ended with", os.waitstatus_to_exitcode(status))
print("parent:", client.chat.completions.create(model="fast", messages=question).choices[0].message.content)
gateway.close()
"""

_CASES = {
    "client": "    client.chat.completions.create(model='fast', messages=question)",
    "ledger": "    gateway.ledger.balances()",
    "keys": "    gateway.create_key()",
    "application": """
    sent = []
    async def receive(): return {"type": "http.request", "body": b"{}"}
    async def send(message): sent.append(message)
    scope = {"type": "http", "method": "POST", "path": "/v1/chat/completions", "headers": [], "query_string": b""}
    asyncio.run(gateway.app()(scope, receive, send))
    raise RuntimeError(f"{sent[0]['status']} {sent[1]['body'].decode()}")""",
    "lifespan": """
    sent = []
    async def receive(): return {"type": "lifespan.startup"}
    async def send(message): sent.append(message)
    asyncio.run(gateway.app()({"type": "lifespan"}, receive, send))
    raise RuntimeError(f"{sent}")""",
}


@pytest.mark.parametrize("case", _CASES)
def test_a_child_is_told_at_its_first_use_and_the_parent_goes_on(case: str, upstream: Upstream, tmp_path: Path) -> None:
    code = f"def in_child():\n{_CASES[case]}\n{_BEFORE}"
    ran = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", code, upstream.base_url, str(tmp_path / "data")],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
    )
    assert "child ended with 0" in ran.stdout, ran.stdout + ran.stderr
    assert "parent: Ricevuto." in ran.stdout
    (told,) = [line for line in ran.stdout.splitlines() if line.startswith("child: ")]
    assert "fork" in told
    if case in ("application", "lifespan"):
        assert "open it in the worker" in told
