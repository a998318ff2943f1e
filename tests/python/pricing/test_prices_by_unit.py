"""What is billed by the image, the second or the character: exact, held at its worst, and never free by accident."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tokenfoundry.errors import ConfigError, InvalidInput
from tokenfoundry.pricing import Rates, worst_case
from tokenfoundry.pricing.book import PriceBook
from tokenfoundry.pricing.catalogue import prices
from tokenfoundry.settings import Settings
from tokenfoundry.usage import Usage

SIZES = {"1024x1024": "0.04", "hd 1024x1024": "0.08", "1024x1792": "0.08", "hd": "0.12"}
AT = 1_790_000_000_000


def rates(**price: Any) -> Rates:
    return Rates.from_price(price, currency="EUR")


@pytest.mark.parametrize(
    ("kind", "amount"),
    [
        ("standard 1024x1024", "0.04"),
        ("hd 1024x1024", "0.08"),
        ("standard 1024x1792", "0.08"),
        ("hd 1024x1792", "0.08"),
        ("hd 512x512", "0.12"),
    ],
)
def test_an_image_costs_what_is_stated_for_its_quality_and_size(kind: str, amount: str) -> None:
    cost = rates(image=SIZES).cost(Usage(images=3, image_kind=kind))
    assert cost.total == 3 * Decimal(amount)
    assert cost.flags == ()


def test_an_image_without_a_price_of_its_own_costs_the_dearest_and_says_so() -> None:
    cost = rates(image=SIZES).cost(Usage(images=1, image_kind="low 64x64"))
    assert (cost.total, cost.flags) == (Decimal("0.12"), ("image_at_dearest_rate",))


@pytest.mark.parametrize(
    ("price", "usage", "line"),
    [
        ({"image": "0.04"}, Usage(images=2), ("image", 2, "0.08")),
        ({"audio_second": "0.0001"}, Usage(audio_seconds=61), ("audio_second", 61, "0.0061")),
        ({"characters": "15"}, Usage(characters=1), ("characters", 1, "0.000015")),
    ],
)
def test_a_unit_is_a_line_of_the_cost_and_its_worst_case_is_no_less(
    price: dict[str, str], usage: Usage, line: tuple[str, int, str]
) -> None:
    cost = rates(**price).cost(usage)
    assert [(each.item, each.tokens, each.amount) for each in cost.lines] == [(line[0], line[1], Decimal(line[2]))]
    assert cost.total == cost.input + cost.output == Decimal(line[2])
    assert worst_case(rates(**price), input_tokens=0, max_output_tokens=0, units=usage) == cost.total


@pytest.mark.parametrize(
    ("usage", "flag"),
    [
        (Usage(images=1), "image_not_priced"),
        (Usage(audio_seconds=1), "audio_second_not_priced"),
        (Usage(characters=1), "characters_not_priced"),
    ],
)
def test_a_unit_without_a_price_is_told_of(usage: Usage, flag: str) -> None:
    assert rates(input="1", output="2").cost(usage).flags == (flag,)


def test_images_that_are_billed_by_their_tokens_are_priced_by_them() -> None:
    cost = rates(input="5", output="40").cost(Usage(input_tokens=100, output_tokens=1000, images=1))
    assert (cost.total, cost.flags) == (Decimal("0.0405"), ())


@pytest.mark.parametrize("image", [{}, {"1024x1024": 0.04}, 0.04, "-1", {"hd": "x"}])
def test_a_price_that_is_none_is_refused(image: Any) -> None:
    with pytest.raises(InvalidInput, match="image"):
        rates(image=image)


def book(**target: Any) -> PriceBook:
    settings = Settings.from_dict(
        {
            "currency": "EUR",
            "providers": {"p": {"format": "openai", "base_url": "http://127.0.0.1:1/v1"}},
            "targets": {"t": {"provider": "p", "model": "m", "trust": "on_prem", **target}},
        }
    )
    return PriceBook.from_settings(settings, prices(), at=AT)


TOKENS = {"input": "5", "output": "40"}
UNBOUNDED: dict[str, tuple[dict[str, Any], str]] = {
    "chat without a price of tokens": ({"price": {"image": "0.04"}}, "targets.t.price"),
    "images by tokens without a bound": ({"price": TOKENS, "endpoints": ["images"]}, "targets.t.max_output_tokens"),
    "sound by tokens without a bound": (
        {"price": TOKENS, "endpoints": ["transcriptions"]},
        "targets.t.max_output_tokens",
    ),
    "speech by tokens": ({"price": TOKENS, "endpoints": ["speech"], "max_output_tokens": 9}, "targets.t.price"),
    "images by the second": ({"price": {"audio_second": "1"}, "endpoints": ["images"]}, "targets.t.price"),
    "sound by the image": ({"price": {"image": "1"}, "endpoints": ["transcriptions"]}, "targets.t.price"),
}


@pytest.mark.parametrize(("target", "path"), UNBOUNDED.values(), ids=UNBOUNDED)
def test_a_target_whose_calls_have_no_worst_case_is_refused_at_load(target: dict[str, Any], path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        book(**target)
    assert caught.value.path == path


@pytest.mark.parametrize(
    "target",
    [
        {"price": {"image": SIZES}, "endpoints": ["images"]},
        {"price": TOKENS, "endpoints": ["images", "transcriptions"], "max_output_tokens": 6240},
        {"price": {"audio_second": "0.0001"}, "endpoints": ["transcriptions"]},
        {"price": {"characters": "15"}, "endpoints": ["speech"]},
        {"price": {"input": "0", "output": "0"}, "endpoints": ["images", "speech", "transcriptions", "moderations"]},
    ],
)
def test_a_target_whose_calls_are_priced_and_bounded_is_taken(target: dict[str, Any]) -> None:
    assert book(**target).worst_case_nano("t", input_tokens=1, max_output_tokens=0, at=AT) >= 0


def test_the_worst_case_of_a_target_counts_its_units_in_the_ledgers_currency() -> None:
    made = book(price={"image": "0.04"}, endpoints=["images"])
    units = Usage(images=2)
    assert made.worst_case_nano("t", input_tokens=9, max_output_tokens=0, units=units, at=AT) == 80_000_000
    assert made.charge("t", units, at=AT).amount_nano == 80_000_000
