"""Each wrong configuration is refused at the path of the field that is wrong, in words that help."""

import pytest

from tokenfoundry.errors import ConfigError
from tokenfoundry.settings import Settings

BASE = """
providers: {node: {format: openai, base_url: "http://127.0.0.1:8000/v1"}}
targets: {qwen: {provider: node, model: qwen3-32b}}
"""


def refusal(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        Settings.from_yaml(text, environ={})
    return caught.value


def budget(fields: str) -> str:
    return "budgets: [{name: a, unit: money, window: {kind: daily}, hard: 1, " + fields + "}]"


def target(fields: str) -> str:
    return BASE.replace("model: qwen3-32b", "model: qwen3-32b, " + fields)


CASES = [
    # unknown names
    ("servr: {}", "servr", "unknown field; did you mean server?"),
    ("server: {prot: 1}", "server.prot", "did you mean port?"),
    (target("pirce: {input: 1, output: 1}"), "targets.qwen.pirce", "did you mean price?"),
    (target("price: {input: 1, output: 1, cache_raed: 1}"), "targets.qwen.price.cache_raed",
     "did you mean cache_read?"),
    ("dashboard: {}", "dashboard", "unknown field; known: aliases, attribution, batches"),
    (budget("sofd: 1"), "budgets[0].sofd", "unknown field; did you mean soft?"),
    ("budgets: [{name: a, unit: money, hard: 1, window: {kind: daily, anchor_dy: 1}}]", "budgets[0].window.anchor_dy",
     "did you mean anchor_day?"),
    (budget("match: {projct: x}"), "budgets[0].match.projct", "unknown name; did you mean project?"),
    ("privacy: {langauges: [it]}", "privacy.langauges", "did you mean languages?"),
    ("cache: {ttl_ms: 5}", "cache.ttl_ms", "did you mean ttl?"),
    # missing and mistyped values
    ("providers: {a: {format: openai_compatible}}", "providers.a.base_url", "is required"),
    ("providers: {a: {format: azure}}", "providers.a.base_url", "is required"),
    ("providers: {a: {format: bedrock}}", "providers.a.options.region", "is required by bedrock"),
    ("providers: {a: {format: cohere}}", "providers.a.keys", "is required by cohere"),
    ("providers: {a: {format: bedrock, keys: ['env:K'], options: {regoin: x, region: y}}}",
     "providers.a.options.regoin", "bedrock has no such option; did you mean region?"),
    ("providers: {a: {format: groq, keys: ['env:K'], options: {region: x}}}",
     "providers.a.options.region", "has no such option"),
    ("providers: {a: {format: azure, base_url: 'https://a/', options: {api_version: [1]}}}",
     "providers.a.options.api_version", "valid string"),
    ("providers: {a: 5}", "providers.a", "should be a mapping of fields"),
    ("providers: [a]", "providers", "should be a mapping of fields"),
    ("providers: {a: {format: grpc, base_url: 'http://h/'}}", "providers.a.format", "should be 'openai', "),
    ("budgets: {a: 1}", "budgets", "should be a list"),
    ("currency: euro", "currency", "such as EUR"),
    ("server: {port: 70000}", "server.port", "less than or equal to 65535"),
    ("server: {port: many}", "server.port", "valid integer"),
    (target("region: no"), "targets.qwen.region", "valid string"),
    (target("endpoints: []"), "targets.qwen.endpoints", "at least 1"),
    (target("trust: onprem"), "targets.qwen.trust", "'external' or 'on_prem'"),
    (BASE + "routing: {'a b': [{use: [qwen]}]}", "routing.a b", "is not a name that can stand here"),
    ("durability: forever", "durability", "'process' or 'power'"),
    # addresses and keys
    ("providers: {a: {format: openai, base_url: 'ftp://h'}}", "providers.a.base_url", "http or https address"),
    ("providers: {a: {format: openai, base_url: 'https://me:pw@h/v1'}}", "providers.a.base_url", "without user"),
    ("providers: {a: {format: openai, base_url: 'http://h/', keys: [sk-123]}}", "providers.a.keys[0]",
     "env:NAME or file"),
    ("providers: {a: {format: openai, base_url: 'http://h/', keys: ['env:']}}", "providers.a.keys[0]", "env:NAME"),
    ("providers: {a: {format: openai, base_url: 'http://h/', keys: ['file:x']}}", "providers.a.keys[0]", "file:/path"),
    ("providers: {a: {format: openai, base_url: 'http://h/', timeout_s: {read: 0}}}", "providers.a.timeout_s.read",
     "above 0"),
    ("server: {trusted_proxies: [10.0.0.0/8, 10.0.0.1/8]}", "server.trusted_proxies[1]", "no bit set beyond"),
    ("server: {trusted_proxies: [proxy.example]}", "server.trusted_proxies[0]", "such as 10.0.0.0/8"),
    # money
    (target("price: {input: -1, output: 1}"), "targets.qwen.price.input", "greater than or equal to 0"),
    (target("price: {input: .nan, output: 1}"), "targets.qwen.price.input", "decimal"),
    (target("price: {input: cheap, output: 1}"), "targets.qwen.price.input", "should be a decimal"),
    (target("price: {input: 1}"), "targets.qwen.price.output", "is required"),
    ("fx: {USD: [{from: 2026-01-01, rate: 0}]}", "fx.USD[0].rate", "above 0"),
    ("fx: {USD: [{from: soon, rate: 1}]}", "fx.USD[0].from", "date"),
    ("fx: {EUR: [{from: 2026-01-01, rate: 1}]}", "fx.EUR", "own currency"),
    ("fx: {USD: [{from: 2026-01-01, rate: 1}, {from: '2026-01-01', rate: 2}]}", "fx.USD[1].from", "has a rate already"),
    # bounds of a call
    ("limits: {missing_max_tokens: none}", "limits.missing_max_tokens",
     "should be budget, model or a whole number of tokens from 1 to 100000000"),
    ("limits: {missing_max_tokens: 0}", "limits.missing_max_tokens", "should be budget, model or a whole number"),
    ("limits: {missing_max_tokens: true}", "limits.missing_max_tokens", "should be budget, model or a whole number"),
    ("limits: {missing_max_tokens: 1.5}", "limits.missing_max_tokens", "should be budget, model or a whole number"),
    ("limits: {missing_max_tokens: []}", "limits.missing_max_tokens", "should be budget, model or a whole number"),
    ("limits: {hold_wait: 61s}", "limits.hold_wait", "should be at most 60s"),
    ("limits: {hold_wait: -1}", "limits.hold_wait", "or 0"),
    # sizes, durations, comparisons
    ("cache: {ttl: 24}", "cache.ttl", "24h"),
    ("cache: {ttl: 0s}", "cache.ttl", "above 0"),
    ("cache: {ttl: 1.5h}", "cache.ttl", "24h"),
    ("cache: {max_bytes: 2 gigs}", "cache.max_bytes", "2GB"),
    ("cache: {max_bytes: 99999999TB}", "cache.max_bytes", "larger than any disk"),
    ("server: {max_body_bytes: 0}", "server.max_body_bytes", "above 0"),
    (BASE + "routing: {r: [{when: {input_tokens: '~ 5'}, use: [qwen]}, {use: [qwen]}]}",
     "routing.r[0].when.input_tokens", '"<= 500"'),
    (BASE + "routing: {r: [{when: {complxity: '>= 0.6'}, use: [qwen]}, {use: [qwen]}]}",
     "routing.r[0].when.complxity", "unknown field"),
    (BASE + "routing: {r: [{when: {complexity: '>= 6'}, use: [qwen]}, {use: [qwen]}]}",
     "routing.r[0].when.complexity", '">= 0.6"'),
    (BASE + "routing: {r: [{when: {budget_used: '80'}, use: [qwen]}, {use: [qwen]}]}",
     "routing.r[0].when.budget_used", '">= 80%"'),
    (BASE + "routing: {r: [{when: {hours: {from: '25:00', until: '06:00'}}, use: [qwen]}, {use: [qwen]}]}",
     "routing.r[0].when.hours.from", '"22:00"'),
    (BASE + "routing: {r: [{when: {alias: fats}, use: [qwen]}, {use: [qwen]}]}\naliases: {fast: [qwen]}",
     "routing.r[0].when.alias", "did you mean fast?"),
    (BASE + "routing: {r: [{use: {split: {qwem: 1}}}]}", "routing.r[0].use.split.qwem", "no target is called qwem"),
    (BASE + "routing: {r: [{use: {canary: {target: other, percent: 5}, otherwise: [qwen]}}]}",
     "routing.r[0].use.canary.target", "no target is called other"),
    (BASE + "routing: {r: [{use: {canary: {target: qwen, percent: 5}}}]}", "routing.r[0].use", "otherwise: [a]"),
    (BASE + "routing: {r: [{use: {order: price}}]}", "routing.r[0].use", "among"),
    (BASE + "routing: {r: [{use: {order: price, among: {tier: large, colour: red}}}]}",
     "routing.r[0].use.among.colour", "unknown field"),
    (BASE + "routing: {r: [{use: {order: latency, among: [qwen], sticky: session}}]}", "routing.r[0].use", "sticky"),
    (BASE + "routing: {r: [{use: [qwen], residency: ue}]}", "routing.r[0].residency",
     "no region or group of regions is called ue; known: eea, eu, us"),
    (BASE + "residency: {workspaces: {acme: [eu, mars]}}", "residency.workspaces.acme[1]", "is called mars"),
    (BASE + "aliases: {a: {split: {qwen: 1}, targets: [qwen]}}", "aliases.a.use", "list of targets"),
    (BASE + "complexity: {classifier: 'no colon'}", "complexity.classifier", "module:function"),
    # names that must name something
    ("targets: {a: {provider: nod, model: m}}" + BASE.splitlines()[1].join("\n\n"), "targets.a.provider",
     "no provider is called nod; did you mean node?"),
    (BASE + "aliases: {fast: [qwne]}", "aliases.fast[0]", "no target is called qwne; did you mean qwen?"),
    (BASE + "aliases: {auto: {policy: defualt}}\nrouting: {default: [{use: [qwen]}]}", "aliases.auto.policy",
     "no routing policy is called defualt; did you mean default?"),
    (BASE + "routing: {r: [{use: [qwen, other]}]}", "routing.r[0].use[1]", "no target is called other"),
    (target("region: it") + budget("match: {model: qwen3-32}"), "budgets[0].match.model",
     "no target has the model qwen3-32; did you mean qwen3-32b?"),
    (target("region: it") + budget("match: {region: [it, us]}"), "budgets[0].match.region[1]",
     "no target has the region us; known: it"),
    (BASE + "aliases: {fast: [qwen]}\nrate_limits: [{name: a, rpm: 1, match: {alias: fats}}]",
     "rate_limits[0].match.alias", "no alias or target is called fats; did you mean fast?"),
    (BASE + "packages: [{name: a, unit: tokens, match: {model: gpt}}]", "packages[0].match.model",
     "no target has the model gpt"),
    # aliases and rules
    ("aliases: {fast: qwen}", "aliases.fast", "list of targets"),
    ("aliases: {fast: []}", "aliases.fast", "list of targets"),
    ("aliases: {fast: {target: qwen}}", "aliases.fast", "list of targets"),
    ("routing: {r: []}", "routing.r", "at least 1"),
    (BASE + "routing: {r: [{when: {sensitive: true}, use: [qwen]}]}", "routing.r", "end with a rule without `when`"),
    (BASE + "routing: {r: [{use: [qwen]}, {use: [qwen]}]}", "routing.r", "never reached"),
    # privacy
    ("privacy: {policy: {SECRET: shred}}", "privacy.policy.SECRET", "'pseudonymize'"),
    ("privacy: {policy: {secret: block}}", "privacy.policy.secret", "is not a name"),
    ("privacy: {patterns: [{name: BADGE}]}", "privacy.patterns[0].regex", "is required"),
    ("privacy: {patterns: [{name: BADGE, regex: x, score: 2}]}", "privacy.patterns[0].score",
     "less than or equal to 1"),
    # budgets
    (budget("mode: maybe"), "budgets[0].mode", "'enforce' or 'track'"),
    (budget("each: [key, key]"), "budgets[0].each", "names an axis twice"),
    (budget("each: [kee]"), "budgets[0].each[0]", "'key'"),
    (budget("match: {project: []}"), "budgets[0].match.project", "is empty: should have at least 1, or be left out"),
    (budget("soft: -1"), "budgets[0].soft", "should be above 0"),
    ("budgets: [{name: my budget, unit: money, window: {kind: daily}, hard: 1}]", "budgets[0].name",
     "should be at most 128 letters, digits and . _ : / @ -"),
    ("budgets: [{name: a, unit: money, window: {kind: daily}, hard: -1}]", "budgets[0].hard",
     "greater than or equal to 0"),
    ("budgets: [{name: a, unit: money, window: {kind: daily}, hard: 10000000000}]", "budgets[0].hard", "9.2 billion"),
    ("budgets: [{name: a, unit: money, window: {kind: daily}, hard: '0.0000000001'}]", "budgets[0].hard", "9 decimals"),
    ("budgets: [{name: a, unit: tokens, window: {kind: daily}, hard: '1.5'}]", "budgets[0].hard",
     "whole number of tokens"),
    ("budgets: [{name: a, unit: money, window: {kind: weakly}, hard: 1}]", "budgets[0].window.kind", "'monthly'"),
    ("budgets: [{name: a, unit: money, window: {kind: monthly, anchor_day: 32}, hard: 1}]",
     "budgets[0].window.anchor_day", "less than or equal to 31"),
    ("budgets: [{name: a, unit: money, window: {kind: daily, anchor_day: 3}, hard: 1}]",
     "budgets[0].window.anchor_day", "belongs to a monthly, quarterly or yearly window, not to a daily one"),
    ("budgets: [{name: a, unit: money, window: {kind: daily, tz: Europe/Milano}, hard: 1}]", "budgets[0].window.tz",
     "Europe/Rome"),
    ("budgets: [{name: a, unit: money, window: {kind: daily, tz: ../etc/passwd}, hard: 1}]", "budgets[0].window.tz",
     "IANA"),
    ("budgets: [{name: a, unit: money, window: {kind: daily}, hard: 1}, "
     "{name: a, unit: tokens, window: {kind: daily}, hard: 1}]", "budgets[1].name", "already the name of budgets[0]"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "path", "said"), CASES, ids=[f"{index}-{case[1]}" for index, case in enumerate(CASES)]
)
def test_a_wrong_value_is_refused_at_its_path(text: str, path: str, said: str) -> None:
    error = refusal(text)
    assert error.path == path
    assert str(error).startswith(f"{path}: ")
    assert said in str(error)


def test_a_wrong_missing_bound_is_one_problem() -> None:
    error = refusal("limits: {missing_max_tokens: 200000000}")
    assert error.path == "limits.missing_max_tokens"
    assert len(str(error).splitlines()) == 1


def test_the_bounds_of_a_call_may_go_to_their_ends() -> None:
    limits = Settings.from_yaml("limits: {missing_max_tokens: 100000000, hold_wait: 1m}", environ={}).limits
    assert (limits.missing_max_tokens, limits.hold_wait_ms) == (100_000_000, 60_000)
    assert Settings.from_yaml("limits: {hold_wait: 0}", environ={}).limits.hold_wait_ms == 0


def test_a_budget_may_count_any_model_and_what_exists() -> None:
    text = target("region: it") + budget("match: {model: '*', region: it, alias: [qwen, '*'], project: anything}")
    assert Settings.from_yaml(text, environ={}).budgets[0].match["alias"] == ("qwen", "*")


def test_all_problems_of_the_file_are_listed_in_one_message() -> None:
    error = refusal(
        """
        servr: {}
        providers: {node: {format: openai, base_url: "http://h/v1", keys: [sk-123]}}
        targets: {qwen: {provider: nodee, model: m, pirce: {}}}
        budgets: [{name: a, unit: tokens, window: {kind: monthly, anchor_day: 40}, hard: 5}]
        cache: {ttl: "${UNSET_VARIABLE}"}
        """
    )
    lines = str(error).splitlines()
    assert sorted(line.split(":")[0] for line in lines) == [
        "budgets[0].window.anchor_day",
        "cache.ttl",
        "providers.node.keys[0]",
        "servr",
        "targets.qwen.pirce",
        "targets.qwen.provider",
    ]
    assert error.path == lines[0].split(":")[0]


def test_a_key_that_stands_in_the_file_by_mistake_is_not_repeated() -> None:
    error = refusal("providers: {a: {format: openai, base_url: 'http://h/', keys: [sk-verysecret]}}")
    assert "verysecret" not in str(error)
    assert "verysecret" not in repr(error)
    assert error.__cause__ is None
    assert "verysecret" not in str(error.__context__)


def test_the_message_names_the_file_and_counts_its_problems(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("settings") / "factory.yaml"
    path.write_text("servr: {}\nbudgts: []")
    with pytest.raises(ConfigError, match=r"\(2 problems in .*factory\.yaml\)$"):
        Settings.load(path, environ={})
