"""Checks files against the rules of FOCUS: which columns there are, of which type, with which values, and how they
hold together. Written from the specification, not from what the exporter does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tokenfoundry.analytics.duck import connect, text
from tokenfoundry.errors import InvalidInput
from tokenfoundry.exporters.focus.columns import COLUMNS, FOCUS_VERSIONS, Column, Type, columns_of_version

if TYPE_CHECKING:
    import duckdb

_TYPES: dict[Type, tuple[str, ...]] = {
    "decimal": ("DECIMAL", "BIGINT", "DOUBLE"),
    "string": ("VARCHAR",),
    "datetime": ("TIMESTAMP",),
    "json": ("VARCHAR", "JSON"),
}
# Conditions that no row may meet: the requirement that it breaks, and the columns that it is about.
_RULES: tuple[tuple[str, str], ...] = (
    ("BillingCurrency is a code of three letters (ISO 4217)", "not regexp_matches(BillingCurrency, '^[A-Z]{3}$')"),
    ("ChargePeriodStart is before ChargePeriodEnd", "ChargePeriodStart >= ChargePeriodEnd"),
    ("BillingPeriodStart is before BillingPeriodEnd", "BillingPeriodStart >= BillingPeriodEnd"),
    (
        "a charge lies within its billing period",
        "ChargePeriodStart < BillingPeriodStart or ChargePeriodStart >= BillingPeriodEnd",
    ),
    (
        "PricingQuantity is not null of usage that is no correction",
        "ChargeCategory = 'Usage' and ChargeClass is null and PricingQuantity is null",
    ),
    (
        "PricingUnit is null where PricingQuantity is, and else not",
        "(PricingUnit is null) <> (PricingQuantity is null)",
    ),
    ("ConsumedQuantity is null where there is no usage", "ChargeCategory <> 'Usage' and ConsumedQuantity is not null"),
    (
        "ConsumedUnit is null where ConsumedQuantity is, and else not",
        "(ConsumedUnit is null) <> (ConsumedQuantity is null)",
    ),
    ("without a unit price ContractedCost is BilledCost", "ContractedCost <> BilledCost"),
    ("without a unit price ListCost is BilledCost", "ListCost <> BilledCost"),
    (
        "SubAccountName is null where SubAccountId is, and else not",
        "(SubAccountName is null) <> (SubAccountId is null)",
    ),
    (
        "CapacityReservationStatus is null where CapacityReservationId is, and of usage else not",
        "CapacityReservationId is null and CapacityReservationStatus is not null or CapacityReservationId is not null "
        "and CapacityReservationStatus is null and ChargeCategory = 'Usage'",
    ),
    ("RegionName is null where RegionId is, and else not", "(RegionName is null) <> (RegionId is null)"),
    ("SkuId is not null of usage that is no correction", "ChargeCategory = 'Usage' and SkuId is null"),
    ("Tags is an object of JSON", "Tags is not null and (not json_valid(Tags) or json_type(Tags) <> 'OBJECT')"),
    (
        "text has no white space around it",
        "trim(ServiceName) <> ServiceName or trim(InvoiceIssuerName) <> InvoiceIssuerName",
    ),
)


def validate_focus(files: Iterable[Path], *, version: str) -> list[str]:
    """What in Parquet or CSV files breaks the specification of that version, in sentences; none when all is well.

    Raises `InvalidInput` when there is no file.
    """
    listed = [*files]
    if not listed:
        raise InvalidInput("there is no file to validate")
    with connect() as connection:
        reader = "read_csv" if listed[0].suffix == ".csv" else "read_parquet"
        options = ", all_varchar = false" if reader == "read_csv" else ""
        names = ", ".join(text(file) for file in listed)
        connection.execute(f"create view bill as select * from {reader}([{names}]{options})")
        return [*_problems(connection, version, is_typed=reader == "read_parquet")]


def _problems(connection: duckdb.DuckDBPyConnection, version: str, *, is_typed: bool) -> Iterator[str]:
    types = {row[0]: row[1] for row in connection.execute("describe bill").fetchall()}
    known = columns_of_version(version)
    for name in types:
        if name not in known and not name.startswith("x_"):
            yield f"{name} is {_not_of(name, version)}"
    for name, column in known.items():
        if name not in types and column.level == "mandatory":
            yield f"{name} is missing, which FOCUS {version} requires"
        if name in types and is_typed and not types[name].startswith(_TYPES[column.type]):
            yield f"{name} is {types[name]}, not {column.type}"
    broken = dict(_conditions({name: column for name, column in known.items() if name in types}))
    counts = ", ".join(f"count(*) filter ({condition})" for condition in broken.values())
    for said, rows in zip(broken, connection.execute(f"select {counts} from bill").fetchall()[0], strict=True):
        if rows:
            yield f"{said}: not so in {rows} rows"


def _not_of(name: str, version: str) -> str:
    if name not in COLUMNS:
        return "no column of FOCUS; others begin with x_"
    versions = FOCUS_VERSIONS.index
    return f"of {'a later' if versions(version) < versions(COLUMNS[name].since) else 'an earlier'} version"


def _conditions(there: dict[str, Column]) -> Iterator[tuple[str, str]]:
    """What is required of the columns that are there, and what no row may meet."""
    for name, column in there.items():
        if not column.nullable:
            yield f"{name} is not null", f"{name} is null"
        if column.allowed:
            values = ", ".join(map(text, column.allowed))
            yield f"{name} is one of {', '.join(column.allowed)}", f"{name} not in ({values})"
    missing = [name for name in COLUMNS if name not in there]
    yield from ((rule, broken) for rule, broken in _RULES if not any(name in broken for name in missing))
