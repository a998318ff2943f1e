"""Each gateway: how it is started in front of a provider, and how it is asked."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gateway_rivals.asking import MODEL, Asking
from gateway_rivals.processes import GATEWAY_CORE, family, free_port, process, wait_for
from rivals_venv import ROOT, rivals_python

HERE = Path(__file__).resolve().parent
OURS, MOUNTED, BARE = "tokenfoundry, uvicorn", "tokenfoundry in FastAPI, uvicorn", "bare forwarding, aiohttp"


@dataclass(frozen=True, slots=True)
class Running:
    """A gateway that listens: how to ask it, its processes, and how long it took from its start."""

    asking: Asking
    pid: int
    started_s: float

    @property
    def pids(self) -> list[int]:
        return family(self.pid)


@dataclass(frozen=True, slots=True)
class Subject:
    """`run(upstream, scratch)` yields it running. `rounds` is how many of the measured rounds it takes part in."""

    name: str
    run: Callable[[str, Path], object]


@contextmanager
def _running(
    command: list[str], asking: Asking, scratch: Path, *, env: dict[str, str] | None = None, cwd: Path | None = None
) -> Iterator[Running]:
    log = scratch / f"{asking.port}.log"
    began = time.monotonic()
    with process(command, core=GATEWAY_CORE, log=log, env=env, cwd=cwd) as started:
        wait_for(asking.port, started, log)
        yield Running(asking, started.pid, time.monotonic() - began)


def our_config(upstream: str, data_dir: Path) -> dict[str, object]:
    """The full walk: redaction with names, two budgets, the cache, the audit log."""
    window = {"kind": "monthly", "tz": "Europe/Rome"}
    return {
        "data_dir": str(data_dir),
        "providers": {"mock": {"format": "openai", "base_url": upstream}},
        "targets": {
            MODEL: {"provider": "mock", "model": MODEL, "price": {"input": "0.15", "output": "0.60"}},
        },
        "budgets": [
            {"name": "project", "match": {"project": "bench"}, "unit": "money", "window": window, "hard": "1000000"},
            {"name": "key", "each": ["key"], "unit": "tokens", "window": window, "hard": 10**15},
        ],
    }


def _ours(role: str, upstream: str, scratch: Path) -> tuple[list[str], Asking]:
    port = free_port()
    config = scratch / f"{role}-{port}.json"
    config.write_text(json.dumps(our_config(upstream, scratch / f"{role}-{port}")))
    make_key = [sys.executable, "-m", "tokenfoundry", "keys", "create", "--config", str(config), "--json"]
    made = subprocess.run([*make_key, "--project", "bench"], capture_output=True, text=True, check=False)
    if made.returncode:
        raise SystemExit(made.stderr)
    asking = Asking(port, headers=(("authorization", f"Bearer {json.loads(made.stdout)['key']}"),))
    return [str(config), str(port)], asking


def ours(server: str) -> Callable[[str, Path], object]:
    """`tokenfoundry serve` on that server."""

    @contextmanager
    def run(upstream: str, scratch: Path) -> Iterator[Running]:
        (config, port), asking = _ours(server, upstream, scratch)
        serve = [sys.executable, "-m", "tokenfoundry", "serve", "--config", config, "--port", port, "--server", server]
        with _running(serve, asking, scratch) as running:
            yield running

    return run


@contextmanager
def mounted(upstream: str, scratch: Path) -> Iterator[Running]:
    """`app.mount` in a FastAPI application on uvicorn."""
    arguments, asking = _ours("mounted", upstream, scratch)
    with _running([sys.executable, str(HERE / "host.py"), "mounted", *arguments], asking, scratch) as running:
        yield running


@contextmanager
def bare(upstream: str, scratch: Path) -> Iterator[Running]:
    """The least that forwards: raw ASGI and aiohttp on uvicorn."""
    port = free_port()
    command = [sys.executable, str(HERE / "host.py"), "bare", upstream, str(port)]
    with _running(command, Asking(port), scratch) as running:
        yield running


@contextmanager
def litellm(upstream: str, scratch: Path) -> Iterator[Running]:
    """The proxy of the market leader, without a database: its master key, no budgets, no redaction."""
    python = _python("litellm")
    port = free_port()
    config = scratch / "litellm.json"  # JSON is YAML.
    target = {"model": f"openai/{MODEL}", "api_base": upstream, "api_key": "none"}
    config.write_text(json.dumps({"model_list": [{"model_name": MODEL, "litellm_params": target}]}))
    command = [str(python.parent / "litellm"), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    key = f"sk-{secrets.token_hex(32)}"  # It does not start without one.
    env = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR", "LITELLM_MASTER_KEY": key}
    asking = Asking(port, headers=(("authorization", f"Bearer {key}"),))
    with _running(command, asking, scratch, env=env) as running:
        yield running


@contextmanager
def tensorzero(upstream: str, scratch: Path) -> Iterator[Running]:
    """A gateway in Rust, without its observability database."""
    python = _python("tensorzero")
    config = scratch / "tensorzero.toml"
    config.write_text(
        f'[models.mock]\nrouting = ["mock"]\n[models.mock.providers.mock]\ntype = "openai"\n'
        f'model_name = "{MODEL}"\napi_base = "{upstream}"\napi_key_location = "none"\n'
    )
    command = [str(python), str(HERE / "tensorzero_host.py"), str(config)]
    began = time.monotonic()
    with process(command, core=GATEWAY_CORE, log=scratch / "tensorzero.log") as started:
        assert started.stdout is not None
        said = started.stdout.readline().decode()
        if not said:
            raise SystemExit(f"TensorZero does not start: {(scratch / 'tensorzero.log').read_text()[-2000:]}")
        port = urlsplit(said.strip()).port or 0
        asking = Asking(port, path="/openai/v1/chat/completions", model="tensorzero::model_name::mock")
        yield Running(asking, started.pid, time.monotonic() - began)


@contextmanager
def portkey(upstream: str, scratch: Path) -> Iterator[Running]:
    """A gateway on Node."""
    home = ROOT / ".bench-venv" / "portkey"
    version = json.loads((HERE / "portkey.json").read_text())["@portkey-ai/gateway"]
    server = home / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
    if not server.exists():
        home.mkdir(parents=True, exist_ok=True)
        sys.stderr.write("installing Portkey's gateway from npm ...\n")
        install = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(home), f"@portkey-ai/gateway@{version}"]
        if subprocess.run(install, stdout=subprocess.DEVNULL, check=False).returncode:
            raise SystemExit("Portkey's gateway cannot be installed from npm: run with --no-peers")
    port = free_port()
    headers = (("x-portkey-provider", "openai"), ("x-portkey-custom-host", upstream), ("authorization", "Bearer none"))
    command = ["node", "--require", str(HERE / "portkey_host.cjs"), str(server), f"--port={port}", "--headless"]
    with _running(command, Asking(port, headers=headers), scratch) as running:
        yield running


def _python(name: str) -> Path:
    return rivals_python(
        name,
        HERE / f"{name}.txt",
        installing=f"installing {name} into .bench-venv/{name}",
        failed=f"{name} cannot be installed: run with --no-peers",
    )


OUR_OWN = (
    Subject(OURS, ours("uvicorn")),
    Subject("tokenfoundry, granian", ours("granian")),
    Subject(MOUNTED, mounted),
    Subject(BARE, bare),
)
PEERS = (Subject("LiteLLM proxy", litellm), Subject("Portkey", portkey), Subject("TensorZero", tensorzero))
