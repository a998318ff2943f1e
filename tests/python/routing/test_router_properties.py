"""Whatever is configured and asked: no target is returned that may not serve, and an explanation says what is done."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.routes import NOON_MS, router_of, target
from tokenfoundry.routing.facts import Facts
from tokenfoundry.routing.policy import NoRoute, Router
from tokenfoundry.settings.regions import GROUPS, expanded
from tokenfoundry.settings.targets import CAPABILITIES

REGIONS = ("it", "de", "us", "us-east-1", "eu-west-1", "eu-west-2")
BOUNDS = ("it", "de", "us", "us-east-1", "eu-west-1", "eu", "eea")
NAMES = ("a", "b", "c", "d")

capabilities = st.sets(st.sampled_from(CAPABILITIES)).map(sorted)
bounds = st.one_of(st.none(), st.lists(st.sampled_from(BOUNDS), min_size=1, max_size=2, unique=True))
targets = st.builds(
    target,
    region=st.sampled_from((*REGIONS, None)),
    trust=st.sampled_from(("external", "on_prem")),
    tier=st.sampled_from(("small", "large")),
    capabilities=capabilities,
    context_tokens=st.sampled_from((None, 100, 1000)),
    max_output_tokens=st.sampled_from((None, 50)),
    endpoints=st.sampled_from((["chat"], ["embeddings"], ["chat", "embeddings"])),
    weight=st.sampled_from((0.5, 1, 9)),
)
listed = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True)
sticky = st.sampled_from(("session", "consumer", "none"))
uses: st.SearchStrategy[Any] = st.one_of(
    listed,
    st.fixed_dictionaries({"split": st.dictionaries(st.sampled_from(NAMES), st.integers(1, 99), min_size=1),
                           "sticky": sticky}),
    st.fixed_dictionaries({
        "canary": st.fixed_dictionaries(
            {"target": st.sampled_from(NAMES), "percent": st.integers(0, 100), "sticky": sticky}
        ),
        "otherwise": listed,
    }),
    st.fixed_dictionaries({"order": st.sampled_from(("price", "latency", "weight")), "among": listed}),
)  # fmt: skip
whens = st.fixed_dictionaries(
    {},
    optional={
        "sensitive": st.one_of(st.booleans(), st.just(["IBAN_CODE"])),
        "input_tokens": st.sampled_from(("<= 50", "> 500")),
        "output_tokens": st.sampled_from((">= 10", "== 0")),
        "complexity": st.sampled_from((">= 0.5", "< 0.2")),
        "findings": st.just(">= 2"),
        "needs": st.sampled_from((["tools"], ["vision", "tools"])),
        "residency": st.sampled_from((["eu"], ["it", "de"])),
        "intent": st.just(["draft", "agent"]),
        "language": st.sampled_from((["it"], ["en", "other"])),
        "hours": st.just({"from": "22:00", "until": "06:00"}),
        "budget_used": st.just(">= 80%"),
    },
)


@st.composite
def configurations(draw: st.DrawFn) -> dict[str, Any]:
    def rule(when: dict[str, Any] | None) -> dict[str, Any]:
        made: dict[str, Any] = {"use": draw(uses)}
        if when:
            made["when"] = when
        if residency := draw(bounds):
            made["residency"] = residency
        return made

    conditions = [when for when in draw(st.lists(whens, max_size=3)) if when]
    aliases: dict[str, Any] = {"auto": {"policy": "p"}, "plain": draw(listed)}
    if residency := draw(bounds):
        aliases["auto"]["residency"] = residency
    everywhere = draw(bounds)
    return {
        "targets": {name: draw(targets) for name in NAMES},
        "routing": {"p": [*map(rule, conditions), rule(None)]},
        "aliases": aliases,
        "residency": {
            **({"default": everywhere} if everywhere else {}),
            "workspaces": draw(st.dictionaries(st.just("acme"), st.just(["eu"]))),
        },
    }


calls = st.builds(
    Facts,
    endpoint=st.sampled_from(("chat", "embeddings")),
    body=st.sampled_from(
        ("Dimostra che la radice di 2 è irrazionale.", "Translate into French: good morning", "", "?" * 50)
    ).map(lambda text: {"messages": [{"role": "user", "content": text}]}),
    needs=st.sets(st.sampled_from(("tools", "vision", "json_schema")), max_size=2).map(frozenset),
    findings=st.sampled_from(({}, {"IBAN_CODE": 1}, {"EMAIL_ADDRESS": 2})),
    on_prem_only=st.booleans(),
    input_tokens=st.sampled_from((10, 80, 990, 5000)),
    max_output_tokens=st.sampled_from((0, 40, 500)),
    regions=st.one_of(st.none(), st.lists(st.sampled_from(BOUNDS), min_size=1, max_size=2).map(tuple)),
    workspace=st.sampled_from(("acme", "other")),
    consumer=st.sampled_from(("", "ann")),
    intent=st.sampled_from(("", "draft")),
    session=st.sampled_from(("", "s1")),
    request_id=st.uuids().map(str),
    at_ms=st.just(NOON_MS),
)


def allowed_regions(sections: dict[str, Any], alias: str, call: Facts) -> list[frozenset[str]]:
    """What is known without looking at the rules, said apart from the code that is tested."""
    residency = sections["residency"]
    stated = [
        call.regions,
        residency["workspaces"].get(call.workspace, residency.get("default")),
        sections["aliases"][alias].get("residency") if alias == "auto" else None,
    ]
    return [expanded(names, GROUPS) for names in stated if names is not None]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sections=configurations(), call=calls, alias=st.sampled_from(("auto", "plain", "a")))
def test_a_returned_target_can_and_may_serve_the_call(sections: dict[str, Any], call: Facts, alias: str) -> None:
    router = router_of(sections, pressure=lambda alias, facts: 85.0)
    try:
        route = router.route(alias, call)
    except NoRoute:
        return
    assert route.targets
    assert len(set(route.targets)) == len(route.targets)
    assert route.reason.isprintable()
    assert route.reason.isascii()
    within = allowed_regions(sections, alias, call) if alias != "a" else allowed_regions(sections, "plain", call)
    for each in route.targets:
        stated = sections["targets"][each.name]
        assert call.needs <= set(stated["capabilities"])
        assert call.endpoint in stated["endpoints"]
        assert not call.on_prem_only or stated["trust"] == "on_prem"
        assert all(stated["region"] in regions for regions in within)
        output = min(call.max_output_tokens, stated["max_output_tokens"] or call.max_output_tokens)
        assert stated["context_tokens"] is None or call.input_tokens + output <= stated["context_tokens"]
        assert each in router.may_reach(alias)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sections=configurations(), call=calls)
def test_a_rules_own_residency_holds_for_its_calls(sections: dict[str, Any], call: Facts) -> None:
    router = router_of(sections)
    try:
        route = router.route("auto", call)
    except NoRoute:
        return
    used = next(rule for rule in router.explain("auto", call).rules if rule.used)
    if used.residency:
        regions = expanded(used.residency.split(", "), GROUPS)
        assert all(each.region in regions for each in route.targets)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sections=configurations(), call=calls, alias=st.sampled_from(("auto", "plain", "b")))
def test_an_explanation_says_what_the_router_does(sections: dict[str, Any], call: Facts, alias: str) -> None:
    router = router_of(sections, pressure=lambda alias, facts: 10.0)
    told = router.explain(alias, call)
    assert [rule.used for rule in told.rules].count(True) == 1
    assert next(rule for rule in told.rules if rule.matched).used
    assert all(rule.matched == all(each.holds for each in rule.conditions) for rule in told.rules)
    assert {each.target for each in told.targets} == {each.name for each in router.may_reach(alias)}
    assert [each.target for each in told.targets if each.kept] == told.order
    assert all(bool(each.why) != each.kept for each in told.targets)
    assert_agrees(router, alias, call, told.order, told.route, told.refused)


def assert_agrees(router: Router, alias: str, call: Facts, order: list[str], reason: str, refused: str) -> None:
    try:
        route = router.route(alias, call)
        done = [each.name for each in route.targets], route.reason, ""
    except NoRoute as error:
        done = [], "", str(error)
    assert (order, reason, refused) == done
