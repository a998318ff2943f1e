"""The columns of FOCUS that are written, as facts of its specification: since when, of which type, with which values.

Of https://focus.finops.org/focus-specification, versions 1.0 to 1.4, of which the Cost and Usage dataset is written.
Prices per unit and commitment discounts are left out, which the specification allows to a provider without a
published price list: a price here has tiers, dates and cached rates, and the cost of a row is what the ledger posted.
Who makes no invoices has no InvoiceDetailId (1.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import msgspec

from tokenfoundry.errors import InvalidInput

FOCUS_VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4")

Type = Literal["decimal", "string", "datetime", "json"]
Level = Literal["mandatory", "recommended", "conditional"]


class Column(msgspec.Struct, frozen=True):
    """`since` and `until`: the first version that has it, and the last. `value`: the SQL over a row of token classes
    (query.py). `nullable` is what the specification allows.
    """

    type: Type
    level: Level
    value: str
    since: str = "1.0"
    until: str = FOCUS_VERSIONS[-1]
    nullable: bool = False
    allowed: tuple[str, ...] = ()


_MONTH = "date_trunc('month', hour)"
_CHARGES = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")
_FREQUENCIES = ("One-Time", "Recurring", "Usage-Based")
_PRICINGS = ("Standard", "Dynamic", "Committed", "Other")
_AI = "AI and Machine Learning"
_CATEGORIES = (
    *(_AI, "Analytics", "Business Applications", "Compute", "Databases", "Developer Tools", "Multicloud", "Identity"),
    *("Integration", "Internet of Things", "Management and Governance", "Media", "Migration", "Mobile", "Networking"),
    *("Security", "Storage", "Web", "Other"),
)
_ISSUER = "coalesce(provider, 'TokenFoundry')"
_PROJECT = "if(project is null, null, 'Project')"

COLUMNS: Mapping[str, Column] = MappingProxyType(
    {
        "BilledCost": Column("decimal", "mandatory", "units(cost_nano)"),
        "BillingAccountId": Column("string", "mandatory", "$account"),
        "BillingAccountName": Column("string", "mandatory", "$account", nullable=True),
        "BillingAccountType": Column("string", "conditional", "'Billing Account'", since="1.2"),
        "BillingCurrency": Column("string", "mandatory", "currency()"),
        "BillingPeriodEnd": Column("datetime", "mandatory", f"{_MONTH} + interval 1 month"),
        "BillingPeriodStart": Column("datetime", "mandatory", _MONTH),
        "CapacityReservationId": Column(
            "string", "conditional", "if(rent = '', null, 'reservation/' || target)", since="1.1", nullable=True
        ),
        "CapacityReservationStatus": Column(
            "string",
            "conditional",
            "if(rent = '', null, if(rent = 'covered' or in_use, 'Used', 'Unused'))",
            since="1.1",
            nullable=True,
            allowed=("Used", "Unused"),
        ),
        "ChargeCategory": Column("string", "mandatory", "'Usage'", allowed=_CHARGES),
        "ChargeClass": Column("string", "mandatory", "null", nullable=True, allowed=("Correction",)),
        "ChargeDescription": Column("string", "mandatory", "meter || ' of ' || coalesce(model, '')", nullable=True),
        "ChargeFrequency": Column("string", "recommended", "'Usage-Based'", allowed=_FREQUENCIES),
        "ChargePeriodEnd": Column("datetime", "mandatory", "hour + interval 1 hour"),
        "ChargePeriodStart": Column("datetime", "mandatory", "hour"),
        "ConsumedQuantity": Column("decimal", "conditional", "try_cast(quantity as DECIMAL(28, 9))", nullable=True),
        "ConsumedUnit": Column("string", "conditional", "unit", nullable=True),
        "ContractedCost": Column("decimal", "mandatory", "units(cost_nano)"),
        "EffectiveCost": Column("decimal", "mandatory", "units(cost_nano)"),
        "HostProviderName": Column("string", "mandatory", _ISSUER, since="1.3", nullable=True),
        "InvoiceId": Column("string", "recommended", "null", since="1.2", nullable=True),
        "InvoiceIssuerName": Column("string", "mandatory", _ISSUER),
        "ListCost": Column("decimal", "mandatory", "units(cost_nano)"),
        "PricingCategory": Column("string", "conditional", "'Standard'", nullable=True, allowed=_PRICINGS),
        "PricingQuantity": Column("decimal", "mandatory", "try_cast(quantity as DECIMAL(28, 9))", nullable=True),
        "PricingUnit": Column("string", "mandatory", "unit", nullable=True),
        "ProviderName": Column("string", "mandatory", _ISSUER, until="1.3"),
        "PublisherName": Column("string", "mandatory", _ISSUER, until="1.3"),
        "RegionId": Column("string", "conditional", "region", nullable=True),
        "RegionName": Column("string", "conditional", "region", nullable=True),
        "ServiceCategory": Column("string", "mandatory", f"'{_AI}'", allowed=_CATEGORIES),
        "ServiceName": Column("string", "mandatory", "coalesce(model, 'Cached answers')"),
        "ServiceProviderName": Column("string", "mandatory", _ISSUER, since="1.3"),
        "ServiceSubcategory": Column("string", "recommended", "'Generative AI'", since="1.1"),
        "SkuId": Column("string", "conditional", "concat_ws('/', provider, model, class)", nullable=True),
        "SkuMeter": Column("string", "conditional", "meter", since="1.1", nullable=True),
        "SubAccountId": Column("string", "conditional", "project", nullable=True),
        "SubAccountName": Column("string", "conditional", "project", nullable=True),
        "SubAccountType": Column("string", "conditional", _PROJECT, since="1.2", nullable=True),
        "Tags": Column("json", "conditional", "tags", nullable=True),
    }
)
# Beside the specification's, which begin with x_ by its rules. Savings are of the row's class.
OWN_COLUMNS: Mapping[str, Column] = MappingProxyType(
    {
        "x_Calls": Column("decimal", "conditional", "calls::DECIMAL(28, 9)"),
        "x_Key": Column("string", "conditional", "key", nullable=True),
        "x_SavedByBatches": Column("decimal", "conditional", "units(saved_batch_nano)"),
        "x_SavedByPromptCache": Column("decimal", "conditional", "units(saved_prompt_cache_nano)"),
        "x_SavedByResponseCache": Column("decimal", "conditional", "units(saved_response_cache_nano)"),
        "x_SavedByRouting": Column("decimal", "conditional", "units(saved_routing_nano)"),
        "x_TokenClass": Column("string", "conditional", "class"),
        "x_Workspace": Column("string", "conditional", "workspace", nullable=True),
    }
)


def columns_of_version(version: str) -> dict[str, Column]:
    """By name, in the order of the file. Raises `InvalidInput` for a version that is not known.

    >>> "ServiceProviderName" in columns_of_version("1.2"), "SkuMeter" in columns_of_version("1.2")
    (False, True)
    """
    if version not in FOCUS_VERSIONS:
        raise InvalidInput(f"focus-version: {version!r} is not one of {', '.join(FOCUS_VERSIONS)}")
    place = FOCUS_VERSIONS.index
    there = {
        name: column for name, column in COLUMNS.items() if place(column.since) <= place(version) <= place(column.until)
    }
    return there | dict(OWN_COLUMNS)
