"""`rate_limits` in the configuration: what is read, and what is refused with its path."""

from __future__ import annotations

from typing import Any

import pytest

from tokenfoundry.errors import ConfigError
from tokenfoundry.limits import RateLimit, limit_of_settings
from tokenfoundry.settings import Settings


def read(*limits: dict[str, Any]) -> Settings:
    return Settings.from_dict({"rate_limits": limits})


def test_a_limit_is_per_minute() -> None:
    fields = {"match": {"project": "claims"}, "each": ["key"], "rpm": 60, "tpm": 5000, "concurrent": 4, "burst": 6}
    (limit,) = read({"name": "a", **fields, "burst_tokens": 500}).rate_limits
    assert limit_of_settings(limit) == RateLimit(
        name="a",
        match={"project": ("claims",)},
        each=("key",),
        requests=60,
        tokens=5000,
        concurrent=4,
        burst_requests=6,
        burst_tokens=500,
        period_ms=60_000,
    )


@pytest.mark.parametrize(
    ("fields", "path", "said"),
    [
        ({}, "rate_limits[0]", "limits nothing: state rpm, tpm or concurrent"),
        ({"rpm": 0}, "rate_limits[0].rpm", "greater than or equal to 1"),
        ({"tpm": -5}, "rate_limits[0].tpm", "greater than or equal to 1"),
        ({"concurrent": 0}, "rate_limits[0].concurrent", "greater than or equal to 1"),
        ({"rpm": 2**53 + 1}, "rate_limits[0].rpm", "less than or equal to"),
        ({"rpm": 1.5}, "rate_limits[0].rpm", "integer"),
        ({"rpm": True}, "rate_limits[0].rpm", "integer"),
        ({"rpm": "60 a day"}, "rate_limits[0].rpm", "integer"),
        ({"tpm": 1, "burst": 1}, "rate_limits[0]", "burst needs rpm"),
        ({"rpm": 1, "burst_tokens": 1}, "rate_limits[0]", "burst_tokens needs tpm"),
        ({"rpm": 1, "each": ["key", "key"]}, "rate_limits[0]", "each names an axis twice"),
        ({"rpm": 1, "each": ["kee"]}, "rate_limits[0].each[0]", "'key'"),
        ({"rpm": 1, "match": {"projct": "x"}}, "rate_limits[0].match.projct", "did you mean project?"),
        ({"rpm": 1, "rpd": 1}, "rate_limits[0].rpd", "unknown field"),
        ({"rpm": 1, "name": "a b"}, "rate_limits[0].name", ""),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_with_its_path(fields: dict[str, Any], path: str, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read({"name": "a", **fields})
    assert raised.value.path == path
    assert said in str(raised.value)


def test_a_name_used_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"a is already the name of rate_limits\[0\]") as raised:
        read({"name": "a", "rpm": 1}, {"name": "a", "tpm": 1})
    assert raised.value.path == "rate_limits[1].name"
