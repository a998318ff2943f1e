"""The kinds of value a configuration field may have beyond YAML's own: sizes, durations, money, comparisons, keys.

Each is parsed once, at load, into the number or object that the code uses; a value that cannot be parsed is refused
with a sentence that shows a right one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from tokenfoundry.errors import ConfigError

INT64_MAX = 2**63 - 1

_DURATION_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_SIZE_BYTES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SIZE_BYTES |= {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


class Section(BaseModel):
    """A mapping of the configuration: immutable, and without unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


FieldProblem = tuple[tuple[str | int, ...], str]
"""The path of a field below a section, and what is wrong with it."""


def refuse_fields(section: str, problems: Sequence[FieldProblem]) -> None:
    """For a validator that compares fields: raises what pydantic shows at the path of each, when there is any."""
    if problems:
        details = [
            InitErrorDetails(type=PydanticCustomError("value_error", "{error}", {"error": said}), loc=path, input=None)
            for path, said in problems
        ]
        raise ValidationError.from_exception_data(section, details)


def parse_duration(value: Any) -> int:
    """`24h` in milliseconds.

    >>> parse_duration("90s")
    90000
    """
    found = re.fullmatch(r"(\d{1,9})\s*(ms|s|m|h|d)", value.strip()) if isinstance(value, str) else None
    if found is None or int(found[1]) == 0:
        raise ValueError("should be a duration above 0 with its unit, such as 90s, 24h or 7d (ms, s, m, h, d)")
    return int(found[1]) * _DURATION_MS[found[2]]


def _parse_duration_or_none(value: Any) -> int:
    """As `parse_duration`, and 0 for no time at all.

    >>> _parse_duration_or_none("0"), _parse_duration_or_none("2s")
    (0, 2000)
    """
    if value in ("0", 0) and value is not False:
        return 0
    try:
        return parse_duration(value)
    except ValueError as error:
        raise ValueError(f"{error}, or 0") from None


def _parse_size(value: Any) -> int:
    """`2GB` in bytes; a bare number is bytes.

    >>> _parse_size("2GB")
    2000000000
    """
    if type(value) is int:
        value = str(value)
    found = re.fullmatch(r"(\d{1,12})\s*([KMGT]i?B|B|)", value.strip()) if isinstance(value, str) else None
    if found is None or int(found[1]) == 0:
        raise ValueError("should be a size above 0, such as 2GB or 512MiB")
    size_bytes = int(found[1]) * _SIZE_BYTES[found[2] or "B"]
    if size_bytes > INT64_MAX:
        raise ValueError("is larger than any disk: a size is at most 9 EB")
    return size_bytes


def _parse_decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError('should be a decimal in quotes, such as "0.15": a binary float has already lost it')
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError('should be a decimal, such as "0.15"') from None
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -18 or number.adjusted() > 18:
        raise ValueError("should be a finite decimal with at most 18 decimals")
    return number


def parse_zone(value: Any) -> str:
    """The name of a time zone, as it is. Raises `ValueError` when there is none of that name."""
    try:
        if isinstance(value, str) and value:
            ZoneInfo(value)
            return value
    except (OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError; a directory or a bad path end here
        pass
    except KeyError:
        pass
    raise ValueError("should be a time zone of the IANA database, such as Europe/Rome or UTC")


NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$"
CURRENCY_PATTERN = r"^[A-Z]{3}$"
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
CurrencyCode = Annotated[str, StringConstraints(pattern=CURRENCY_PATTERN)]
DurationMs = Annotated[int, BeforeValidator(parse_duration)]
DurationOrNoneMs = Annotated[int, BeforeValidator(_parse_duration_or_none)]
SizeBytes = Annotated[int, BeforeValidator(_parse_size)]
Number = Annotated[Decimal, BeforeValidator(_parse_decimal)]
Money = Annotated[Number, Field(ge=0)]
Rate = Annotated[Decimal, BeforeValidator(_parse_decimal), Field(ge=0, le=10**9)]
FxRate = Annotated[Decimal, BeforeValidator(_parse_decimal), Field(gt=0, le=10**9)]
ZoneName = Annotated[str, BeforeValidator(parse_zone)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class Secret:
    """A secret text; `reveal()` is the only way to see it.

    >>> Secret("hunter2")
    Secret('**********')
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the header it belongs in and nothing else."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('**********')"

    __str__ = __repr__


class KeyReference(Section):
    """Where a provider's API key is kept: `env:NAME` or `file:/path`; or whose tokens stand for one: `google` or
    `google:/path`, `entra`, `aws` or `aws:PROFILE`. The key itself never stands there.
    """

    kind: Literal["env", "file", "google", "entra", "aws"]
    place: str

    @property
    def is_renewed(self) -> bool:
        """Whether it stands for tokens that are fetched, and end."""
        return self.kind in ("google", "entra", "aws")

    def read(self, environ: Mapping[str, str] | None = None) -> Secret:
        """The key, white space around it removed. Raises `ConfigError` when its place is missing or empty.

        For keys that are kept somewhere: tokens are fetched by `tokenfoundry.providers.credentials`.
        """
        assert not self.is_renewed, "tokens are fetched"
        if self.kind == "env":
            text = (os.environ if environ is None else environ).get(self.place, "")
        else:
            try:
                text = Path(self.place).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(f"the key file {self.place} cannot be read: {type(error).__name__}") from None
        if not text.strip():
            kept = (
                f"the environment variable {self.place} is not set" if self.kind == "env" else f"{self.place} is empty"
            )
            raise ConfigError(f"there is no key: {kept}")
        return Secret(text.strip())

    def __str__(self) -> str:
        return f"{self.kind}:{self.place}" if self.place else self.kind


def _parse_key(value: Any) -> Any:
    if isinstance(value, KeyReference):
        return value
    kind, _, place = value.partition(":") if isinstance(value, str) else ("", "", "")
    pattern = _PLACES.get(kind)
    if pattern is None or not re.fullmatch(pattern, place) or value.endswith(":"):
        raise ValueError(
            "should say where the key is kept, as env:NAME or file:/path, or whose tokens are used, as google, "
            "google:/path, entra, aws or aws:PROFILE; a key itself never stands here"
        )
    return {"kind": kind, "place": place}


_PLACES: Mapping[str, str] = {
    "env": r"[A-Za-z_][A-Za-z0-9_]*",
    "file": r"/.*",
    "google": r"(/.*)?",
    "entra": r"",
    "aws": r"([A-Za-z0-9_.@+-]{1,128})?",
}


Key = Annotated[KeyReference, BeforeValidator(_parse_key)]


class Comparison(Section):
    """A bound on a number, written as `"<= 500"`.

    >>> Comparison(operator="<=", value=500).holds(501)
    False
    """

    operator: Literal["<", "<=", ">", ">=", "=="]
    value: int | float

    def holds(self, number: float) -> bool:
        """Whether `number` is on the wanted side of the bound."""
        match self.operator:
            case "<":
                return number < self.value
            case "<=":
                return number <= self.value
            case ">":
                return number > self.value
            case ">=":
                return number >= self.value
            case "==":
                return number == self.value

    def __str__(self) -> str:
        whole = int(self.value)
        return f"{self.operator} {whole if whole == self.value else self.value}"


def _parse_comparison(value: Any) -> Any:
    if isinstance(value, Comparison):
        return value
    found = re.fullmatch(r"\s*(<=|>=|==|<|>)\s*(\d{1,12})\s*", value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('should be a comparison with a whole number, such as "<= 500" (<, <=, >, >=, ==)')
    return {"operator": found[1], "value": int(found[2])}


def _parse_fraction_comparison(value: Any) -> Any:
    if isinstance(value, Comparison):
        return value
    found = re.fullmatch(r"\s*(<=|>=|<|>)\s*(0|1|[01]?\.\d{1,6})\s*", value) if isinstance(value, str) else None
    if found is None or float(found[2]) > 1:
        raise ValueError('should be a comparison with a number from 0 to 1, such as ">= 0.6" (<, <=, >, >=)')
    return {"operator": found[1], "value": float(found[2])}


def _parse_percent_comparison(value: Any) -> Any:
    if isinstance(value, Comparison):
        return value
    found = re.fullmatch(r"\s*(<=|>=|<|>)\s*(\d{1,3}(?:\.\d{1,3})?)\s*%?\s*", value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('should be a comparison with a percentage, such as ">= 80%" (<, <=, >, >=)')
    return {"operator": found[1], "value": float(found[2])}


CountComparison = Annotated[Comparison, BeforeValidator(_parse_comparison)]
FractionComparison = Annotated[Comparison, BeforeValidator(_parse_fraction_comparison)]
PercentComparison = Annotated[Comparison, BeforeValidator(_parse_percent_comparison)]
