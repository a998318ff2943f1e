from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tokenfoundry.errors import ConfigError
from tokenfoundry.settings import KeyReference, Secret, Settings, WhenSettings


def cache(**fields: Any) -> Any:
    return Settings.from_dict({"cache": fields}).cache


@pytest.mark.parametrize(
    ("text", "ms"), [("500ms", 500), ("90s", 90_000), ("5m", 300_000), ("24h", 86_400_000), ("7d", 604_800_000)]
)
def test_a_duration_is_read_with_its_unit(text: str, ms: int) -> None:
    assert cache(ttl=text).ttl_ms == ms


@pytest.mark.parametrize(
    ("size", "size_bytes"),
    [
        ("2GB", 2 * 10**9),
        ("1 KiB", 1024),
        ("512MiB", 512 * 2**20),
        ("10B", 10),
        ("77", 77),
        (4096, 4096),
        ("1TB", 10**12),
    ],
)
def test_a_size_is_read_in_decimal_or_binary_units(size: object, size_bytes: int) -> None:
    assert cache(max_bytes=size).max_bytes == size_bytes


@pytest.mark.parametrize(
    ("text", "below", "at", "above"),
    [
        ("< 500", True, False, False),
        ("<= 500", True, True, False),
        ("> 500", False, False, True),
        (">=500", False, True, True),
        ("== 500", False, True, False),
    ],
)
def test_a_comparison_holds_on_its_side_of_the_bound(text: str, below: bool, at: bool, above: bool) -> None:
    bound = WhenSettings.model_validate({"input_tokens": text}).input_tokens
    assert bound is not None
    assert [bound.holds(count) for count in (499, 500, 501)] == [below, at, above]


@pytest.mark.parametrize(
    ("unit", "hard", "amount"),
    [
        ("money", "500", 500 * 10**9),
        ("money", "0.000000001", 1),
        ("money", 0, 0),
        ("tokens", 2_000_000, 2_000_000),
        ("requests", "10", 10),
    ],
)
def test_a_cap_is_counted_in_the_ledger_s_units(unit: str, hard: object, amount: int) -> None:
    budget = {"name": "a", "unit": unit, "window": {"kind": "lifetime"}, "hard": hard}
    assert Settings.from_dict({"budgets": [budget]}).budgets[0].hard_amount == amount


def test_an_axis_may_match_one_value_several_or_any() -> None:
    match = {"project": "claims", "workspace": ["it", "eu"], "key": "*"}
    budget = {"name": "a", "unit": "money", "window": {"kind": "daily"}, "hard": 1, "match": match}
    assert Settings.from_dict({"budgets": [budget]}).budgets[0].match == {
        "project": ("claims",),
        "workspace": ("it", "eu"),
        "key": ("*",),
    }


def test_an_address_loses_its_last_slash() -> None:
    provider = {"format": "openai", "base_url": "http://[::1]:8000/v1/"}
    assert Settings.from_dict({"providers": {"a": provider}}).providers["a"].base_url == "http://[::1]:8000/v1"


@pytest.mark.parametrize(
    "address",
    [
        "http://api..example/v1",
        f"http://{'a' * 64}.example/v1",
        "http://127.0.0.1:99999/v1",
        "http://127.0.0.1:port/v1",
        "http://[::1/v1",
        "http://127.0.0.1:9/è",
    ],
)
def test_an_address_that_there_cannot_be_is_refused(address: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Settings.from_dict({"providers": {"a": {"format": "openai_compatible", "base_url": address}}})
    assert raised.value.path == "providers.a.base_url"


def key(text: str) -> KeyReference:
    provider = {"format": "openai", "base_url": "http://h", "keys": [text]}
    return Settings.from_dict({"providers": {"a": provider}}).providers["a"].keys[0]


def test_a_key_is_read_from_the_environment_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("from-a-file\n")
    assert key("env:MY_KEY").read({"MY_KEY": "from-env"}).reveal() == "from-env"
    assert key(f"file:{path}").read({}).reveal() == "from-a-file"


def test_a_key_that_is_not_there_is_named_by_its_place(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("\n")
    with pytest.raises(ConfigError, match="variable MY_KEY is not set"):
        key("env:MY_KEY").read({})
    with pytest.raises(ConfigError, match="empty is empty"):
        key(f"file:{empty}").read({})
    with pytest.raises(ConfigError, match="cannot be read"):
        key(f"file:{tmp_path}/nothing").read({})


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret("sk-verysecret")
    assert "verysecret" not in f"{secret} {secret!r} {[secret]}"


@pytest.mark.parametrize("endpoints", [["embeddings"], ["moderations"], ["chat", "embeddings"]])
def test_what_generates_no_tokens_needs_no_price_of_them(endpoints: list[str]) -> None:
    provider = {"format": "openai", "base_url": "http://127.0.0.1:1/v1"}
    target = {"provider": "p", "model": "m", "price": {"input": "0.1"}, "endpoints": endpoints}
    values = {"providers": {"p": provider}, "targets": {"t": target}}
    if "chat" in endpoints:
        with pytest.raises(ConfigError, match=r"price\.output"):
            Settings.from_dict(values)
        return
    price = Settings.from_dict(values).targets["t"].price
    assert price is not None
    assert (str(price.input), str(price.output)) == ("0.1", "0")


def test_a_price_keeps_its_decimals() -> None:
    values: dict[str, Any] = {
        "providers": {"n": {"format": "openai", "base_url": "http://h"}},
        "targets": {
            "t": {
                "provider": "n",
                "model": "m",
                "price": {"input": "0.10", "output": Decimal("2.5"), "currency": "USD"},
            }
        },
    }
    price = Settings.from_dict(values).targets["t"].price
    assert price is not None
    assert (str(price.input), str(price.output), price.cache_read, price.currency) == ("0.10", "2.5", None, "USD")


def test_what_seals_files_is_kept_and_no_token() -> None:
    with pytest.raises(ConfigError) as raised:
        Settings.from_dict({"batches": {"key": "google"}})
    assert raised.value.path == "batches.key"
