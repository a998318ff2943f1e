"""How many tokens the texts of a file are, and what it costs to send them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from tokenfoundry.clock import system_clock
from tokenfoundry.counters import Counts, TokenCounter
from tokenfoundry.errors import NotFound
from tokenfoundry.families import UNKNOWN
from tokenfoundry.frames.files.cells import Cells
from tokenfoundry.frames.files.formats import format_of
from tokenfoundry.frames.files.progress import Progress, no_progress
from tokenfoundry.frames.files.records import blocks
from tokenfoundry.frames.files.run import Files
from tokenfoundry.frames.files.sources import Source
from tokenfoundry.pricing import Catalogue, prices
from tokenfoundry.tokens import Tokenizer
from tokenfoundry.usage import Usage


@dataclass(frozen=True, slots=True)
class ModelCount:
    """What a model would read of it. Amounts are exact, in `currency`; None where no price is known."""

    model: str
    tokenizer: str
    is_exact: bool
    """Whether that is the model's own tokenizer; else the tokens are an estimate."""
    tokens: int
    input_cost: Decimal | None
    output_cost: Decimal | None
    """Of the answers, as many tokens a row as were stated."""
    currency: str

    @property
    def cost(self) -> Decimal | None:
        """Of both."""
        if self.input_cost is None or self.output_cost is None:
            return None
        return self.input_cost + self.output_cost

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it; amounts are decimal text."""
        return {
            "model": self.model,
            "tokenizer": self.tokenizer,
            "exact": self.is_exact,
            "tokens": self.tokens,
            "input_cost": _decimal(self.input_cost),
            "output_cost": _decimal(self.output_cost),
            "cost": _decimal(self.cost),
            "currency": self.currency,
        }


@dataclass(slots=True)
class Counted:
    """The texts of some columns. `tokens` are by tokenizer, then by column."""

    columns: tuple[str, ...]
    rows: int = 0
    texts: int = 0
    characters: int = 0
    size_bytes: int = 0
    tokens: dict[str, list[int]] = field(default_factory=dict)
    models: list[ModelCount] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """All of it, as JSON has it; amounts are decimal text."""
        return {
            "rows": self.rows,
            "texts": self.texts,
            "characters": self.characters,
            "bytes": self.size_bytes,
            "tokens": {name: dict(zip(self.columns, of, strict=True)) for name, of in self.tokens.items()},
            "models": [each.to_dict() for each in self.models],
        }


def count_file(
    source: str | Path,
    *,
    columns: Sequence[str],
    models: Sequence[str] = (),
    tokenizer: str = "o200k_base",
    output_tokens: int = 0,
    format: str | None = None,
    delimiter: str | None = None,
    catalogue: Catalogue | None = None,
    clock: Callable[[], int] = system_clock,
    progress: Progress = no_progress,
) -> Counted:
    """The tokens of the texts at `columns` of a CSV, JSON-lines or Parquet file, read as `redact_file` does.

    For each of `models` what sending them costs at today's rates, with `output_tokens` for the answer to each row; the
    texts alone: what a prompt puts around them is not counted. Without models the tokens of `tokenizer`. Raises
    `NotFound` for a model that is known neither by its tokenizer nor by its price, and as `redact_file` for the file.
    """
    path = Path(source)
    files = Files(path, None, format_of(path, format), tuple(columns), format_of(path, format), delimiter)
    files.check_source()
    catalogue = catalogue or prices()
    of_models = {model: tokenizer_for(model, catalogue) for model in models}
    wanted: dict[str, Counts] = {each.name: each for each, _ in of_models.values()}
    wanted = wanted or {tokenizer: Tokenizer.load(tokenizer)}
    counted = Counted(tuple(columns), tokens={name: [0] * len(columns) for name in wanted})
    for cells, rows, taken_bytes in _cells(files):
        counted.rows = rows
        counted.texts += len(cells.texts)
        counted.characters += sum(map(len, cells.texts))
        counted.size_bytes += sum(len(text.encode()) for text in cells.texts)
        for name, each in wanted.items():
            for column, text in zip(cells.columns, cells.texts, strict=True):
                counted.tokens[name][column] += each.count(text)
        progress(taken_bytes, rows)
    for model, (each, is_exact) in of_models.items():
        tokens = sum(counted.tokens[each.name])
        counted.models.append(
            priced(model, each.name, is_exact, tokens, output_tokens * counted.rows, catalogue, clock())
        )
    return counted


def tokenizer_for(model: str, catalogue: Catalogue) -> tuple[Counts, bool]:
    """What counts, and whether it is the model's own tokenizer. Raises `NotFound` for a model of which neither the
    family nor a price is known.
    """
    known = TokenCounter.for_model(model)
    if known.family is UNKNOWN:
        catalogue.find(model)
    return known.counter, known.is_exact


def priced(
    model: str, tokenizer: str, is_exact: bool, tokens: int, output_tokens: int, catalogue: Catalogue, at: int
) -> ModelCount:
    """What so many tokens of input and output cost at the rates in force at `at`, Unix ms."""
    try:
        reading = catalogue.cost(model, Usage(input_tokens=tokens), at=at)
        both = catalogue.cost(model, Usage(input_tokens=tokens, output_tokens=output_tokens), at=at)
    except NotFound:
        return ModelCount(model, tokenizer, is_exact, tokens, None, None, "")
    writing = both.total - reading.total
    return ModelCount(model, tokenizer, is_exact, tokens, reading.total, writing, both.currency)


def _cells(files: Files) -> Iterator[tuple[Cells, int, int]]:
    """The texts, with the rows and the bytes of the file up to them."""
    with ExitStack() as opened:
        if files.format.name == "parquet":
            # Only here: it needs pyarrow.
            from tokenfoundry.frames.files.parquet import ParquetFile

            parquet = opened.enter_context(ParquetFile(files.existing_source, files.columns))
            yield from parquet.all_cells()
            return
        source = opened.enter_context(Source(files.source, files.format.compression))
        for block in blocks(source, files.format.records(files.columns, files.delimiter)):
            yield block.cells, block.end.rows, source.taken_bytes


def _decimal(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"
