"""`demo`: one Italian e-mail through the whole factory, on this machine alone.

Nothing in it is staged: the provider is a process of its own behind real HTTP, the books are on disk, the client is
OpenAI's. Every figure is read from a reply, from the provider's own record of what reached it, or from the books.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.panel import Panel

from tokenfoundry.analytics.report import report
from tokenfoundry.cli.output import out, show, table
from tokenfoundry.errors import InvalidInput, InvalidState, MissingExtra
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway.attempts.refusals import local_time
from tokenfoundry.money import decimal_text

_EMAIL = """\
Buongiorno,
vi scrivo per il rimborso della pratica 2026/0417. Potete accreditarlo sul conto
IBAN IT60 X054 2811 1010 0000 0123 456, intestato a me, codice fiscale RSSMRA85T10A562S.
La carta usata per il pagamento era la 4111 1111 1111 1111.
Per qualsiasi dubbio mi trovate al +39 333 123 4567 oppure a mario.rossi@example.it.
Confermate quando parte il bonifico?
Cordiali saluti
"""

_OTHER_EMAIL = (
    _EMAIL.replace("IT60 X054 2811 1010 0000 0123 456", "IT40 C030 6909 6061 0000 0654 321")
    .replace("RSSMRA85T10A562S", "BNCLRA90A41F205I")
    .replace("4111 1111 1111 1111", "5555 5555 5555 4444")
    .replace("+39 333 123 4567", "+39 347 765 4321")
    .replace("mario.rossi@example.it", "laura.bianchi@example.it")
)

_MAX_TOKENS = 400
_CAP = "0.0015"  # EUR: pays for the first call, and not for the worst case of a third


def add_to(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    keep: Annotated[Path | None, typer.Option(help="Keep the data directory here, to look at it afterwards.")] = None,
) -> None:
    """Send one Italian e-mail through redaction, routing, cache, budget, ledger and audit, and show each step."""
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise InvalidInput(f"--keep {keep}: needs a folder that is empty or not there yet")
    with tempfile.TemporaryDirectory(prefix="tokenfoundry-demo-") as scratch:
        received = Path(scratch) / "received.jsonl"
        with (
            _echo_provider(received) as base_url,
            TokenFactory.from_config(_config(base_url, keep or Path(scratch) / "data")) as factory,
        ):
            _walk(factory, received)


def _config(base_url: str, data_dir: Path) -> dict[str, Any]:
    return {
        "currency": "EUR",
        "data_dir": str(data_dir),
        "providers": {"echo": {"format": "openai", "base_url": base_url}},
        "targets": {
            "echo-small": {
                "provider": "echo",
                "model": "echo",
                "region": "it",
                "trust": "external",
                "tier": "small",
                "tokenizer": "o200k_base",
                "price": {"input": "0.50", "output": "2.00", "currency": "EUR"},
            }
        },
        "aliases": {"assistant": ["echo-small"]},
        "budgets": [
            {
                "name": "claims-monthly",
                "match": {"project": "claims"},
                "unit": "money",
                "window": {"kind": "monthly", "anchor_day": 1, "tz": "Europe/Rome"},
                "hard": _CAP,
            }
        ],
    }


@contextmanager
def _echo_provider(record: Path) -> Iterator[str]:
    """The echo provider as a process of its own; yields its base URL."""
    command = [sys.executable, "-m", "tokenfoundry", "echo-provider", "--record", str(record)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise InvalidState("the echo provider did not start")
        yield json.loads(line)["base_url"]
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _walk(factory: TokenFactory, received: Path) -> None:
    try:
        import openai
    except ModuleNotFoundError as error:
        raise MissingExtra("openai", "openai") from error

    key = factory.create_key(project="claims", consumer="customer-care", env="demo")
    client = factory.openai_client(key=key, max_retries=0)

    def ask(email: str, **options: Any) -> Any:
        messages: Any = [{"role": "user", "content": email}]
        return client.chat.completions.create(model="assistant", messages=messages, max_tokens=_MAX_TOKENS, **options)

    _heading(1, "A customer writes")
    out.print(Panel(escape(_EMAIL.strip()), border_style="dim"))

    reply = ask(_EMAIL)
    sent = json.loads(received.read_text(encoding="utf-8").splitlines()[-1])
    _heading(2, "What the provider received")
    out.print(Panel(escape(sent["messages"][0]["content"].strip()), border_style="yellow"))
    _heading(3, "What the caller got back")
    out.print(Panel(escape(reply.choices[0].message.content.strip()), border_style="green"))

    told = reply.tokenfoundry
    _heading(4, "What it took")
    out.print(f"personal data   {', '.join(told['findings'])}", soft_wrap=True)
    out.print(f"tokens          {reply.usage.prompt_tokens} in, {reply.usage.completion_tokens} out")
    out.print(
        f"cost            {told['cost']} {told['currency']}, on target {told['target']} in region {told['region']}"
    )

    _heading(5, "The same question about somebody else, streamed: a cache hit with her own data")
    before = len(received.read_text(encoding="utf-8").splitlines())
    started = time.perf_counter()
    chunks = list(ask(_OTHER_EMAIL, stream=True, stream_options={"include_usage": True}))
    took_ms = (time.perf_counter() - started) * 1000
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    told = chunks[-1].tokenfoundry
    calls = len(received.read_text(encoding="utf-8").splitlines()) - before
    out.print(Panel(escape(text.strip()), border_style="green"))
    out.print(f"cache           {told['cache']} in {took_ms:.1f} ms; calls to the provider: {calls}")
    out.print(f"cost            {told['cost']} {told['currency']}, saved {told['saved']} {told['currency']}")

    _heading(6, "One more, and the budget refuses before anything is sent")
    refused: openai.RateLimitError | None = None
    for attempt in range(10):
        try:
            ask(f"{_EMAIL}\nSollecito numero {attempt + 1}.")
        except openai.RateLimitError as error:
            refused = error
            break
    if refused is None:
        raise InvalidState("the budget did not refuse")
    out.print(f"[red]{refused.status_code} {refused.code}[/red] {escape(refused.body['message'])}")  # type: ignore[index]

    _heading(7, "The ledger")
    currency = factory.settings.currency
    rows = report(factory.ledger, by="project")
    shown = [
        [
            row.value,
            *map(str, (row.calls, row.hits, row.refused, row.input_tokens, row.output_tokens)),
            decimal_text(row.cost_nano),
            decimal_text(row.saved_nano),
        ]
        for row in rows
    ]
    columns = ["project", "calls", "cached", "refused", "in", "out", f"spent {currency}", f"saved {currency}"]
    show(table("Calls, tokens and money by project", columns, shown))
    (balance,) = factory.ledger.balances()
    resets = local_time(balance.end or 0, factory.settings.budgets[0].window.tz)
    spent, cap = decimal_text(balance.posted), decimal_text(balance.cap or 0)
    out.print(f"budget {balance.budget}: {spent} of {cap} {currency} spent, resets {resets}")

    _heading(8, "The audit log")
    verification = factory.ledger.verify()
    if not verification.ok:
        raise InvalidState(f"the audit log does not verify: {verification.problem}")
    out.print(f"[green]verified[/green] {verification.size} entries, root {verification.root}", soft_wrap=True)


def _heading(number: int, text: str) -> None:
    out.print(f"\n[bold]{number}. {text}[/bold]")
