"""`count`: the tokens of texts and of data sets, and what sending them costs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from tokenfoundry.cli.options import names
from tokenfoundry.cli.output import print_json, show, table
from tokenfoundry.cli.progress import progress
from tokenfoundry.cli.reading import reading
from tokenfoundry.clock import system_clock
from tokenfoundry.errors import InvalidInput
from tokenfoundry.frames.files.counting import Counted, ModelCount, count_file, priced, tokenizer_for
from tokenfoundry.pricing import prices
from tokenfoundry.tokens import Tokenizer


def add_to(app: typer.Typer) -> None:
    app.command()(count)


def count(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="UTF-8 texts (- is standard input), or with --columns one CSV, JSON-lines or Parquet file."
        ),
    ],
    columns: Annotated[
        list[str] | None, typer.Option(help="Count the texts of these columns: note,comment or messages.content.")
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option(help="Count as this model does, and at its price; repeat for more.")
    ] = None,
    tokenizer: Annotated[str, typer.Option(help="The tokenizer when no model is given.")] = "o200k_base",
    output_tokens: Annotated[
        int, typer.Option(min=0, help="Tokens that the answer to each row, or to each file, is expected to take.")
    ] = 0,
    format: Annotated[str | None, typer.Option(help="csv, jsonl or parquet, where the name does not say it.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="The CSV delimiter, where it is an unusual one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Count the tokens of text files, or of columns of data sets, and what sending them costs."""
    if not columns:
        _count_texts(files, model or [], tokenizer, output_tokens, as_json)
        return
    if len(files) > 1:
        raise InvalidInput("--columns counts one file: name one")
    with progress(files[0], "counting") as told:
        counted = count_file(
            files[0],
            columns=names(columns),
            models=model or (),
            tokenizer=tokenizer,
            output_tokens=output_tokens,
            format=format,
            delimiter=delimiter,
            progress=told,
        )
    if as_json:
        print_json(counted.to_dict())
        return
    _show_columns(counted)
    _show_models(counted.models)


def _count_texts(files: list[Path], models: list[str], tokenizer: str, output_tokens: int, as_json: bool) -> None:
    chosen = {name: tokenizer_for(name, prices()) for name in models}
    counters = {each.name: each for each, _ in chosen.values()} or {tokenizer: Tokenizer.load(tokenizer)}
    first = next(iter(counters))
    rows: list[dict[str, Any]] = []
    totals = dict.fromkeys(counters, 0)
    for file in files:
        with reading(file) as source:
            text = source.read()
        counts = {name: counter.count(text) for name, counter in counters.items()}
        for name, tokens in counts.items():
            totals[name] += tokens
        rows.append({"file": str(file), "characters": len(text), "tokens": counts[first]})
    of_models = [
        priced(name, each.name, is_exact, totals[each.name], output_tokens * len(files), prices(), system_clock())
        for name, (each, is_exact) in chosen.items()
    ]
    if as_json:
        print_json({"tokenizer": first, "files": rows, "models": [each.to_dict() for each in of_models]})
        return
    shown = [[escape(str(row["file"])), str(row["characters"]), str(row["tokens"])] for row in rows]
    show(table(f"Tokens ({first})", ["file", "characters", "tokens"], shown))
    _show_models(of_models)


def _show_columns(counted: Counted) -> None:
    title = f"{counted.rows:,} rows, {counted.texts:,} texts, {counted.characters:,} characters"
    rows = [
        [escape(column), *(f"{of[index]:,}" for of in counted.tokens.values())]
        for index, column in enumerate(counted.columns)
    ]
    show(table(title, ["column", *counted.tokens], rows))


def _show_models(models: Sequence[ModelCount]) -> None:
    if not models:
        return
    rows = [
        [
            escape(each.model),
            f"{each.tokenizer}{'' if each.is_exact else ', an estimate'}",
            f"{each.tokens:,}",
            *(_amount(amount, each.currency) for amount in (each.input_cost, each.output_cost, each.cost)),
        ]
        for each in models
    ]
    columns = ["model", "tokenizer", "tokens", "input cost", "output cost", "cost"]
    show(table("Cost at today's prices", columns, rows, left=2))


def _amount(amount: Any, currency: str) -> str:
    return "no price" if amount is None else f"{amount:.6f} {currency}"
