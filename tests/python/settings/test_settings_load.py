from pathlib import Path
from typing import Any

import pytest

from tokenfoundry.errors import ConfigError
from tokenfoundry.settings import BudgetTerms, Settings
from tokenfoundry.settings.fields import Section

NODE = "providers: {node: {format: openai, base_url: 'http://127.0.0.1:8000/v1'}}\n"
QWEN = NODE + "targets: {gpt-mini: {provider: node, model: qwen3-32b, price: {input: 0.15, output: 0.45}}}\n"

# Comparison and KeyReference are sections too, but written as one value.
SECTIONS = [
    section
    for section in (*Section.__subclasses__(), *BudgetTerms.__subclasses__())
    if section.__name__.endswith(("Settings", "Terms"))
]


def from_yaml(text: str, **environ: str) -> Settings:
    return Settings.from_yaml(text, environ=environ)


def refusal(text: str, **environ: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        from_yaml(text, **environ)
    return caught.value


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "tokenfoundry.yaml"
    path.write_text("server: {port: 9000}")
    assert Settings.load(path, environ={}).server.port == 9000
    assert Settings.load(str(path), environ={}).server.port == 9000


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml cannot be read"):
        Settings.load(tmp_path / "nowhere.yaml")


def test_an_empty_file_is_all_defaults() -> None:
    assert from_yaml("# nothing\n") == Settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("server: {port: 1", "not YAML at line 1"),
        ("a: b: c", "not YAML at line 1"),
        ("- server", "must be a mapping"),
        ("just words", "must be a mapping"),
        ("server: !!python/object/apply:os.getcwd []", "not YAML"),
        ("currency: EUR\nserver: {}\ncurrency: USD", "line 3: currency is stated twice"),
        ("1: 2", "line 1: the name '1' is not text"),
        ("budgets: &b [*b]", "not YAML"),
    ],
)
def test_what_is_not_a_mapping_in_plain_yaml_is_refused(text: str, said: str) -> None:
    assert said in str(refusal(text))


def test_a_merged_mapping_may_be_overridden() -> None:
    text = NODE + ("targets:\n  a: &a {provider: node, model: one, region: it}\n  b: {<<: *a, model: two}\n")
    targets = from_yaml(text).targets
    assert (targets["b"].model, targets["b"].region) == ("two", "it")


def test_an_unquoted_decimal_of_the_file_is_exact() -> None:
    price = from_yaml(QWEN).targets["gpt-mini"].price
    assert price is not None
    assert (str(price.input), str(price.output)) == ("0.15", "0.45")


def test_a_float_from_code_is_refused_as_money() -> None:
    values: dict[str, Any] = {
        "providers": {"node": {"format": "openai", "base_url": "http://127.0.0.1/v1"}},
        "targets": {"a": {"provider": "node", "model": "m", "price": {"input": 0.15, "output": "1"}}},
    }
    with pytest.raises(ConfigError, match="decimal in quotes") as caught:
        Settings.from_dict(values)
    assert caught.value.path == "targets.a.price.input"


@pytest.mark.parametrize(
    ("value", "environ", "expanded"),
    [
        ("${DATA}", {"DATA": "/srv/tf"}, "/srv/tf"),
        ("${DATA:-/var/tf}", {}, "/var/tf"),
        ("${DATA:-/var/tf}", {"DATA": "/srv/tf"}, "/srv/tf"),
        ("/srv/${A}/${B}", {"A": "x", "B": "y"}, "/srv/x/y"),
        ("${DATA:-}x", {}, "x"),
        ("$${DATA}", {}, "${DATA}"),
        ("$DATA", {"DATA": "no"}, "$DATA"),
        ("${A}", {"A": "${B}", "B": "no"}, "${B}"),
    ],
)
def test_variables_in_texts_are_filled_in_once(value: str, environ: dict[str, str], expanded: str) -> None:
    assert Settings.from_dict({"data_dir": value}, environ=environ).data_dir == Path(expanded)


def test_a_variable_may_stand_for_a_number() -> None:
    assert from_yaml("server: {port: '${PORT}'}", PORT="9001").server.port == 9001


def test_a_variable_that_is_not_set_is_refused_where_it_stands() -> None:
    error = refusal("providers: {a: {format: openai, base_url: '${NODE_URL}'}}")
    assert error.path == "providers.a.base_url"
    assert "NODE_URL is not set" in str(error)
    assert str(error).count("base_url") == 1


def test_the_order_is_arguments_then_environment_then_file() -> None:
    text = "server: {port: 1, host: filehost, max_concurrent: 7}"
    environ = {"TF_SERVER__PORT": "2", "TF_SERVER__HOST": "envhost"}
    server = Settings.from_yaml(text, environ=environ, server={"port": 3}).server
    assert (server.port, server.host, server.max_concurrent) == (3, "envhost", 7)


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("TF_CURRENCY", "USD", lambda s: s.currency == "USD"),
        ("TF_CACHE__ENABLED", "false", lambda s: s.cache.enabled is False),
        ("TF_CACHE__TTL", "90s", lambda s: s.cache.ttl_ms == 90_000),
        ("TF_TARGETS__GPT_MINI__PRICE__INPUT", "0.2", lambda s: str(s.targets["gpt-mini"].price.input) == "0.2"),
        ("TF_PROVIDERS__NODE__KEYS", "['env:A', 'env:B']", lambda s: len(s.providers["node"].keys) == 2),
        ("TF_PROVIDERS__OTHER", "{format: openai, base_url: 'http://h/v1'}", lambda s: len(s.providers) == 2),
        ("TF_BUDGETS__0__HARD", "12", lambda s: s.budgets[0].hard == 12),
    ],
)
def test_a_variable_of_the_environment_sets_a_field(name: str, value: str, read: Any) -> None:
    budgets = "budgets: [{name: a, unit: money, window: {kind: daily}, hard: 1}]\n"
    assert read(from_yaml(QWEN + budgets, **{name: value}))


@pytest.mark.parametrize("name", ["TF_CPP_MIN_LOG_LEVEL", "TF_VAR_region", "TF_XLA_FLAGS", "TF_KERAS__X"])
def test_variables_of_other_programs_are_left_alone(name: str) -> None:
    assert from_yaml("", **{name: "3"}) == Settings()


@pytest.mark.parametrize(
    ("name", "value", "path", "said"),
    [
        ("TF_SERVR__PORT", "1", "servr", "TF_SERVR__PORT; did you mean server?"),
        ("TF_SERVER__PROT", "1", "server.prot", "did you mean port?"),
        ("TF_BUDGETS__3__HARD", "1", "budgets", "names no item of a list of 0"),
        ("TF_SERVER", "{", "server", "the environment variable TF_SERVER is not YAML"),
    ],
)
def test_a_wrong_variable_is_refused(name: str, value: str, path: str, said: str) -> None:
    error = refusal("budgets: []", **{name: value})
    assert error.path == path
    assert said in str(error)


def test_the_environment_changes_nothing_that_code_states() -> None:
    assert Settings.from_dict({}, environ={"TF_SERVER__PORT": "9"}).server.port == 8080


def test_an_unknown_argument_is_refused_like_a_field() -> None:
    with pytest.raises(ConfigError, match="did you mean server") as caught:
        Settings.from_yaml("", environ={}, sever={})
    assert caught.value.path == "sever"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().currency = "USD"  # type: ignore[misc]


def test_the_example_loads_as_it_is_and_shows_every_section() -> None:
    settings = from_yaml(Settings.example())
    assert set(Settings.model_fields) <= set(settings.model_fields_set)
    assert settings.privacy.patterns[0].regex == r"EMP-\d+"
    assert settings.aliases["fast"].targets == ("gpt-mini", "qwen")
    assert settings.routing["default"][-1].is_for_every_call


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_every_field_of_the_file_says_what_it_is_for(section: type[Section]) -> None:
    assert [name for name, field in section.model_fields.items() if not field.description] == []
    assert section.__doc__
