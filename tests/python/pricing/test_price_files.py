"""Prices from the user's files: dated, by hour, region and provider; whatever is wrong is refused with its line."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tokenfoundry.errors import ConfigError
from tokenfoundry.pricing import PriceBook, prices
from tokenfoundry.settings import Settings
from tokenfoundry.usage import Usage

AT = datetime(2026, 11, 1, tzinfo=UTC)
MILLION = Usage(input_tokens=10**6)


def book(path: Path, text: str, *, targets: dict[str, dict[str, Any]] | None = None, **sections: Any) -> PriceBook:
    file = path / "prices.yaml"
    file.write_text(text, encoding="utf-8")
    stated = targets or {"t": {"model": "gpt-4o-mini"}}
    values = {
        "currency": "USD",
        "price_files": [str(file)],
        "providers": {
            "near": {"format": "openai", "base_url": "http://127.0.0.1:9/v1"},
            "far": {"format": "openai", "base_url": "http://127.0.0.2:9/v1"},
        },
        "targets": {name: {"provider": "near", **target} for name, target in stated.items()},
        **sections,
    }
    return PriceBook.from_settings(Settings.from_dict(values), prices(), at=AT)


def dollars(made: PriceBook, at: datetime, *, target: str = "t", usage: Usage = MILLION) -> Decimal:
    return made.charge(target, usage, at=at).cost.total


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


DATED = """
prices:
  - {model: gpt-4o-mini, from: 2026-10-01, until: 2026-12-01, price: {input: "7", output: "8"}}
  - {model: gpt-4o-mini, from: 2026-12-01, price: {input: "9", output: "8"}}
"""


def test_a_dated_price_holds_from_its_first_day_to_before_its_last(tmp_path: Path) -> None:
    made = book(tmp_path, DATED)
    before, after = day("2026-09-30T23:59:59"), day("2026-12-01")
    assert dollars(made, before) == Decimal("0.15")  # The shipped table's.
    assert dollars(made, day("2026-10-01")) == 7
    assert dollars(made, day("2026-11-30T23:59:59")) == 7
    assert dollars(made, after) == 9
    posted = made.posted("t", MILLION, at=AT)
    assert posted.price.id == "file/t@2026-10-01"
    assert made.posted("t", MILLION, at=before).price.id.startswith("openai/gpt-4o-mini")


def test_hours_go_before_the_rest_of_the_day(tmp_path: Path) -> None:
    text = """
prices:
  - {model: own-1, price: {input: "4", output: "4"}}
  - {model: own-1, hours: {from: "22:00", until: "06:00"}, price: {input: "1", output: "1"}}
"""
    made = book(tmp_path, text, targets={"t": {"model": "own-1"}})
    assert [dollars(made, day(f"2026-11-01T{hour}")) for hour in ("21:59", "22:00", "05:59", "06:00")] == [4, 1, 1, 4]


def test_the_most_telling_row_is_the_price(tmp_path: Path) -> None:
    text = """
prices:
  - {model: own-*, price: {input: "1", output: "1"}}
  - {model: own-1, price: {input: "2", output: "1"}}
  - {model: own-1, region: eu, price: {input: "3", output: "1"}}
  - {model: own-1, region: eu, provider: far, price: {input: "4", output: "1"}}
"""
    targets = {
        "any": {"model": "own-7"},
        "named": {"model": "own-1", "region": "us"},
        "region": {"model": "own-1", "region": "eu"},
        "provider": {"model": "own-1", "region": "eu", "provider": "far"},
    }
    made = book(tmp_path, text, targets=targets)
    assert [dollars(made, AT, target=name) for name in targets] == [1, 2, 3, 4]


def test_rates_may_be_quoted_by_the_thousand_with_tiers_and_service_tiers(tmp_path: Path) -> None:
    text = """
prices:
  - model: own-1
    price:
      per: thousand
      input: "0.001"
      output: "0.002"
      tiers: [{above: 200000, input: "0.003", output: "0.004"}]
      batch: {input: "0.0005", output: "0.001"}
      service_tiers: {priority: {input: "0.01", output: "0.02"}}
"""
    made = book(tmp_path, text, targets={"t": {"model": "own-1"}})
    assert dollars(made, AT, usage=Usage(input_tokens=200_000)) == Decimal("0.2")
    assert dollars(made, AT, usage=Usage(input_tokens=200_001)) == Decimal("0.600003")
    assert dollars(made, AT, usage=Usage(input_tokens=1000, service_tier="batch")) == Decimal("0.0005")
    assert dollars(made, AT, usage=Usage(input_tokens=1000, service_tier="priority")) == Decimal("0.01")


def test_a_node_of_one_s_own_may_be_priced_by_a_file(tmp_path: Path) -> None:
    text = 'prices: [{model: own-1, price: {input: "1", output: "1"}}]'
    made = book(tmp_path, text, targets={"t": {"model": "own-1", "trust": "on_prem"}})
    assert dollars(made, AT) == 1


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('prices:\n  - model: a\n    price: {input: "1", output: "1", inptu: "2"}', 3, "did you mean input"),
        ('prices:\n  - model: a\n    form: 2026-01-01\n    price: {input: "1", output: "1"}', 3, "did you mean from"),
        ('prices:\n  - model: a\n    price:\n      input: "-1"\n      output: "1"', 4, "greater than or equal to 0"),
        ('prices:\n  - model: a\n    price:\n      per: hundred\n      input: "1"\n      output: "1"', 4, "'thousand'"),
        ('prices:\n  - model: a\n    price: {input: 0.1.2, output: "1"}', 3, "decimal"),
        ("prices:\n  - model: a\n    price: {input: [1], output: 2}", 3, "decimal"),
        ('prices:\n  - model: a\n    from: 2026-13-01\n    price: {input: "1", output: "1"}', 3, "date"),
        (DATED.replace("until: 2026-12-01", "until: 2026-12-02"), 4, "at the same time as that of"),
        (DATED.replace(", until: 2026-12-01", ""), 4, "at the same time as that of"),
        ('prices:\n  - model: a\n    provider: nobody\n    price: {input: "1", output: "1"}', 3, "unknown provider"),
        ('prices:\n  - {model: a, model: b, price: {input: "1", output: "1"}}', 2, "stated twice"),
        ("prices:\n  - model: a\n   price: {}", 3, "is not YAML"),
        ("", 1, "line 1: should be a mapping with a list of prices"),
        ('prices:\n  - {model: a, from: 2026-02-01, until: 2026-01-01, price: {input: "1", output: "1"}}', 2, "after"),
        ('prices:\n  - model: a\n    price: {input: "1"}', 3, "output: is required"),
        (
            'prices:\n  - {model: a, hours: {from: "08:00", until: "10:00"}, price: {input: "1", output: "1"}}\n'
            '  - {model: a, hours: {from: "09:00", until: "11:00"}, price: {input: "1", output: "1"}}',
            3,
            "at the same time",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        book(tmp_path, text)
    assert f"line {line}:" in str(raised.value)
    assert said in str(raised.value)


def test_what_is_no_text_and_a_currency_without_a_rate_are_refused_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"prices:\n  - model: caff\xe8\n")
    with pytest.raises(ConfigError, match=r"latin\.yaml, line 2: is not UTF-8 text"):
        book(tmp_path, "prices: []", price_files=[str(tmp_path / "latin.yaml")])
    text = 'prices:\n  - {model: b, price: {input: "1", output: "1"}}\n'
    text += '  - {model: gpt-4o-mini, price: {currency: CHF, input: "1", output: "1"}}'
    with pytest.raises(ConfigError, match=r"targets\.t: .*prices\.yaml, line 3: fx\.CHF: a price is in CHF"):
        book(tmp_path, text)


def test_a_time_without_a_price_is_refused_with_the_row_it_follows(tmp_path: Path) -> None:
    text = 'prices:\n  - {model: own-1, until: 2026-12-01, price: {input: "1", output: "1"}}'
    with pytest.raises(ConfigError, match=r"line 2: the price of own-1 ends on 2026-12-01"):
        book(tmp_path, text, targets={"t": {"model": "own-1"}})
    hours = 'prices:\n  - {model: own-1, hours: {from: "08:00", until: "10:00"}, price: {input: "1", output: "1"}}'
    with pytest.raises(ConfigError, match=r"line 2: the price of own-1 states some hours alone"):
        book(tmp_path, hours, targets={"t": {"model": "own-1"}})


def test_an_unknown_model_is_refused_or_has_the_ceiling_s_price_and_says_so(tmp_path: Path) -> None:
    targets = {"t": {"model": "nobody-knows-1"}}
    with pytest.raises(ConfigError, match="no price is known"):
        book(tmp_path, "prices: []", targets=targets)
    ceiling = {"input": "100", "output": "200"}
    made = book(tmp_path, "prices: []", targets=targets, price_ceiling=ceiling)
    posted = made.posted("t", Usage(input_tokens=10, output_tokens=1), at=AT)
    assert posted.amount_nano == 10 * 100_000 + 200_000
    assert (posted.source, posted.flags) == ("unpriced", ("price_ceiling",))
    known = book(tmp_path, "prices: []", price_ceiling=ceiling)
    assert dollars(known, AT) == Decimal("0.15")
