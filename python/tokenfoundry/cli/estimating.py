"""`estimate`: what a call would take at several models, side by side, before it is made."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from tokenfoundry.cli.output import print_json, show, table
from tokenfoundry.cli.reading import reading
from tokenfoundry.clock import system_clock
from tokenfoundry.errors import InvalidInput
from tokenfoundry.estimates import ModelEstimate, estimates_of
from tokenfoundry.pricing import prices

_LEAST_SHOWN: Final = Decimal("0.000001")


def add_to(app: typer.Typer) -> None:
    app.command()(estimate)


def estimate(
    file: Annotated[
        Path | None,
        typer.Argument(help="A UTF-8 prompt, or the JSON body of a call (- is standard input)."),
    ] = None,
    prompt: Annotated[str | None, typer.Option("--prompt", "-p", help="The prompt itself, instead of a file.")] = None,
    model: Annotated[
        list[str] | None, typer.Option("--model", "-m", help="At this model; repeat for more. Else the body's own.")
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(min=1, max=100_000_000, help="The most that may be answered; else what the body says.")
    ] = None,
    system: Annotated[str | None, typer.Option(help="A system message before the prompt.")] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(help="chat, responses, messages, completions or embeddings; else the body's fields tell."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Estimate the tokens and the cost of a call at one or more models. Sends nothing."""
    body = _body(file, prompt, system)
    models = model or ([body["model"]] if isinstance(body.get("model"), str) else [])
    if not models:
        raise InvalidInput("name a model: --model gpt-4o")
    found = estimates_of(body, models, prices(), at=system_clock(), max_tokens=max_tokens, endpoint=endpoint)
    if as_json:
        print_json([each.to_dict() for each in found])
        return
    _show(found)


def _body(file: Path | None, prompt: str | None, system: str | None) -> dict[str, Any]:
    if (file is None) == (prompt is None):
        raise InvalidInput("give a prompt: a file, - for standard input, or --prompt")
    text = prompt or ""
    if file is not None:
        with reading(file) as source:
            text = source.read()
        if file.suffix == ".json" or text.lstrip().startswith("{"):
            body = _decoded(text, file)
            if body is not None:
                if system is not None:
                    raise InvalidInput("--system is for a prompt; a body has its own")
                return body
    before = [] if system is None else [{"role": "system", "content": system}]
    return {"messages": [*before, {"role": "user", "content": text}]}


def _decoded(text: str, file: Path) -> dict[str, Any] | None:
    """The body of a call; None for a text that only begins like one. Raises `InvalidInput` where a `.json` is none."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        if file.suffix == ".json":
            raise InvalidInput(f"{file} is not JSON: {error}") from None
        return None
    if not isinstance(body, dict):
        raise InvalidInput(f"{file} is no object, as the body of a call is; a prompt comes from -, --prompt or a .txt")
    return body


def _show(found: list[ModelEstimate]) -> None:
    rows = [
        [
            escape(each.prompt.model),
            f"{escape(each.prompt.tokenizer)}{_KINDS[each.prompt.method]}",
            f"{each.prompt.tokens:,}",
            f"{each.prompt.most:,}",
            _answer(each),
            _amount(each.least_cost, each.currency),
            _amount(each.most_cost, each.currency),
        ]
        for each in found
    ]
    columns = ["model", "counted by", "tokens", "at most", "answer at most", "least cost", "most cost"]
    show(table("What the call would take", columns, rows, left=2))


_KINDS = {"exact": "", "factor": ", an estimate", "stand-in": ", a stand-in"}
_WHOSE = {"max_tokens": "", "context": " (context)", "none": ""}


def _answer(each: ModelEstimate) -> str:
    if each.fits_context is False:
        return f"does not fit {each.context_tokens:,}"
    return "not known" if each.max_output_tokens is None else f"{each.max_output_tokens:,}{_WHOSE[each.bound_from]}"


def _amount(amount: Decimal | None, currency: str) -> str:
    if amount is None:
        return "not known"
    return f"{amount:.6f} {currency}" if not 0 < amount < _LEAST_SHOWN else f"< {_LEAST_SHOWN} {currency}"
