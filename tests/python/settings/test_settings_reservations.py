"""A reservation that would pay an hour twice, or none, is refused when the configuration is read, with its path."""

from __future__ import annotations

from typing import Any

import pytest

from tokenfoundry.errors import ConfigError
from tokenfoundry.pricing import PriceBook, prices
from tokenfoundry.settings import Settings

PRICE = {"input": "1", "output": "2", "currency": "EUR"}
NODE = {"format": "openai_compatible", "base_url": "http://127.0.0.1:9/v1"}
NOVEMBER = {"target": "qwen", "from": "2026-11-01T00:00Z", "to": "2026-12-01T00:00Z", "gpus": 8, "rate": "2.50"}


def settings(*reservations: dict[str, Any], **sections: Any) -> Settings:
    target = {"provider": "node", "model": "qwen-1", "price": PRICE}
    values = {"providers": {"node": NODE}, "targets": {"qwen": target, "other": target}, **sections}
    return Settings.from_dict({**values, "reservations": list(reservations)})


def refused(*reservations: dict[str, Any]) -> tuple[str | None, str]:
    with pytest.raises(ConfigError) as raised:
        settings(*reservations)
    return raised.value.path, str(raised.value)


@pytest.mark.parametrize(
    ("fields", "path", "said"),
    [
        ({"to": "2026-11-01T00:00Z"}, "reservations[0].to", "after from"),
        ({"to": "2026-10-01T00:00Z"}, "reservations[0].to", "after from"),
        ({"from": "2016-11-01T00:00Z"}, "reservations[0].to", "five years"),
        ({"rate": "-1"}, "reservations[0].rate", "0"),
        ({"rate": 2.5}, "reservations[0].rate", "in quotes"),
        ({"gpus": 0}, "reservations[0].gpus", "1"),
        ({"target": "qwem"}, "reservations[0].target", "did you mean qwen"),
        ({"from": "2026-11-01T00:00"}, "reservations[0].from", "offset"),
        ({"from": "2026-11-01"}, "reservations[0].from", "offset"),
        ({"from": "yesterday"}, "reservations[0].from", "offset"),
        ({"axes": {"model": "m"}}, "reservations[0].axes.model", ""),
        ({"gpu": 8}, "reservations[0].gpu", "gpus"),
    ],
)
def test_what_is_wrong_is_told_with_its_path(fields: dict[str, Any], path: str, said: str) -> None:
    where, what = refused({**NOVEMBER, **fields})
    assert where == path
    assert said in what


@pytest.mark.parametrize("name", ["target", "from", "to", "gpus", "rate"])
def test_nothing_of_it_is_guessed(name: str) -> None:
    assert refused({key: value for key, value in NOVEMBER.items() if key != name})[0] == f"reservations[0].{name}"


def test_yaml_reads_an_instant_in_quotes_or_without() -> None:
    text = "2026-11-01T00:00:00+01:00"
    for written in (text, f'"{text}"'):
        made = Settings.from_yaml(
            "providers: {node: {format: openai_compatible, base_url: 'http://127.0.0.1:9/v1'}}\n"
            "targets: {qwen: {provider: node, model: m, price: {input: '1', output: '1'}}}\n"
            f"reservations: [{{target: qwen, from: {written}, to: 2026-12-01T00:00Z, gpus: 1, rate: '1'}}]",
            environ={},
        )
        assert made.reservations[0].from_ms == 1_793_487_600_000


def test_no_hour_of_a_target_is_paid_twice() -> None:
    later = {**NOVEMBER, "from": "2026-11-30T23:00Z", "to": "2027-01-01T00:00Z"}
    assert refused(NOVEMBER, later) == (
        "reservations[1].from",
        "reservations[1].from: overlaps with reservations[0], of the same target",
    )
    within = {**NOVEMBER, "from": "2026-11-10T00:00Z", "to": "2026-11-11T00:00Z"}
    assert refused(later, within, NOVEMBER)[0] == "reservations[0].from"
    half = {**NOVEMBER, "to": "2026-12-01T00:30Z"}
    meets = {**NOVEMBER, "from": "2026-12-01T00:30Z", "to": "2027-01-01T00:00Z"}
    where, what = refused(half, meets)
    assert where == "reservations[1].from"
    assert "whole hour" in what
    settings(NOVEMBER, {**later, "from": "2026-12-01T00:00Z"}, {**NOVEMBER, "target": "other"})


def test_a_rate_without_an_exchange_rate_and_an_hour_that_no_entry_holds_are_refused() -> None:
    for fields, path in (
        ({"currency": "USD"}, "reservations[0].currency"),
        ({"rate": "1000000", "gpus": 10}, "reservations[0].rate"),
    ):
        with pytest.raises(ConfigError) as raised:
            PriceBook.from_settings(settings({**NOVEMBER, **fields}), prices(), at=0)
        assert raised.value.path == path
