"""Which targets may serve a call, in which order, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tokenfoundry.errors import TokenFoundryError
from tokenfoundry.routing.conditions import Condition
from tokenfoundry.routing.explain import Checked, Considered, Explanation, RuleTried
from tokenfoundry.routing.facts import Facts
from tokenfoundry.routing.filters import Bound, lack_of, whole_first
from tokenfoundry.routing.inquiry import Inquiry, Sources
from tokenfoundry.routing.order import Use
from tokenfoundry.routing.targets import Target


class UnknownModel(TokenFoundryError, LookupError):
    """The alias or target that the call names does not exist."""


class NoRoute(TokenFoundryError):
    """Targets exist, but none may serve this call. `residency` tells a rule about data from a lack of capability."""

    def __init__(self, message: str, *, residency: bool) -> None:
        super().__init__(message)
        self.residency = residency


@dataclass(frozen=True, slots=True)
class Route:
    """At least one target, best first. `reason` is printable ASCII: the value of `x-tf-route`."""

    targets: tuple[Target, ...]
    reason: str
    downgraded: bool = False
    """A budget refused the call a dearer target, as `reason` says."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What the calls use for which all conditions hold."""

    conditions: tuple[Condition, ...]
    use: Use
    residency: Bound | None = None

    def matches(self, inquiry: Inquiry) -> bool:
        for condition in self.conditions:  # noqa: SIM110 (a generator costs more than the conditions)
            if not condition.holds(inquiry):
                return False
        return True

    @property
    def description(self) -> str:
        """The conditions in words."""
        return " and ".join(condition.wanted for condition in self.conditions) or "otherwise"


@dataclass(frozen=True, slots=True)
class Alias:
    """A name that clients ask for: the rules that decide, the last one for every call. `policy` is "" when it has one
    rule of its own.
    """

    rules: tuple[Rule, ...]
    policy: str = ""
    residency: Bound | None = None


class _Plan:
    """An alias, with what can be worked out before any call."""

    __slots__ = ("alias", "reasons", "targets")

    def __init__(self, name: str, alias: Alias) -> None:
        self.alias = alias
        self.targets = tuple(dict.fromkeys(target for rule in alias.rules for target in rule.use.targets))
        self.reasons = tuple(
            _ascii(f"policy {alias.policy}: {rule.description}" if alias.policy else f"alias {name}")
            for rule in alias.rules
        )


class Router:
    """Aliases and policies over the configured targets. Immutable after building; any thread."""

    def __init__(
        self,
        aliases: Mapping[str, Alias],
        *,
        sources: Sources | None = None,
        workspaces: Mapping[str, Bound] | None = None,
        everywhere: Bound | None = None,
        currency: str = "",
    ) -> None:
        """`workspaces` bounds the calls of a workspace, `everywhere` those of all others. `currency` is that of the
        costs in an explanation.
        """
        self._plans = {name: _Plan(name, alias) for name, alias in aliases.items()}
        self._sources = sources or Sources()
        self._workspaces = dict(workspaces or {})
        self._everywhere = everywhere
        self._currency = currency

    @property
    def models(self) -> tuple[str, ...]:
        """Every name a client may ask for."""
        return tuple(sorted(self._plans))

    def may_reach(self, alias: str) -> tuple[Target, ...]:
        """Every target that some call to this alias could be sent to. Raises `UnknownModel`."""
        return self._plan_of(alias).targets

    def route(self, alias: str, facts: Facts) -> Route:
        """The targets for a call, best first. Raises `UnknownModel` or `NoRoute`."""
        plan = self._plan_of(alias)
        inquiry = Inquiry(alias, facts, self._sources, self._bounds(plan, facts))
        index, rule = self._rule_for(plan, inquiry)
        bounds = inquiry.bounds if rule.residency is None else (*inquiry.bounds, rule.residency)
        order = whole_first(rule.use.order(inquiry), facts)
        left = tuple([target for target in order if lack_of(target, facts, bounds) is None])
        if not left:
            raise _no_route(alias, rule.use.order(inquiry), facts, bounds)
        note, reason = rule.use.note(inquiry), plan.reasons[index]
        return Route(left, f"{reason}; {note}" if note else reason)

    def explain(self, alias: str, facts: Facts) -> Explanation:
        """What `route` decides of this call at this moment, and everything that it looks at. Raises `UnknownModel`."""
        plan = self._plan_of(alias)
        inquiry = Inquiry(alias, facts, self._sources, self._bounds(plan, facts))
        _, rule = self._rule_for(plan, inquiry)
        bounds = inquiry.bounds if rule.residency is None else (*inquiry.bounds, rule.residency)
        order = whole_first(rule.use.order(inquiry), facts)
        reason, refused, by_residency = "", "", False
        try:
            reason = self.route(alias, facts).reason
        except NoRoute as error:
            refused, by_residency = str(error), error.residency
        return Explanation(
            alias=alias,
            policy=plan.alias.policy,
            facts=_shown(facts),
            bounds=[f"{bound.whose}: {', '.join(bound.names)}" for bound in bounds],
            score=round(inquiry.score.value, 3),
            complexity=round(inquiry.complexity, 3),
            language=inquiry.language,
            contributions={name: round(part, 3) for name, part in inquiry.score.contributions.items()},
            rules=[_tried(each, inquiry, is_used=each is rule) for each in plan.alias.rules],
            targets=[self._considered(target, facts, order, bounds) for target in self._by_order(plan, order)],
            order=[target.name for target in order if lack_of(target, facts, bounds) is None],
            route=reason,
            refused=refused,
            refused_by_residency=by_residency,
            currency=self._currency,
        )

    def _plan_of(self, alias: str) -> _Plan:
        try:
            return self._plans[alias]
        except KeyError:
            raise UnknownModel(f"the model {alias!r} does not exist; GET /v1/models lists those that do") from None

    def _bounds(self, plan: _Plan, facts: Facts) -> tuple[Bound, ...]:
        """Where the call may go, whichever rule it meets."""
        found = []
        if facts.regions is not None:
            found.append(Bound("the key", facts.regions, self._sources.regions.of(facts.regions)))
        of_workspace = self._workspaces.get(facts.workspace, self._everywhere)
        if of_workspace is not None:
            found.append(of_workspace)
        if plan.alias.residency is not None:
            found.append(plan.alias.residency)
        return tuple(found)

    @staticmethod
    def _rule_for(plan: _Plan, inquiry: Inquiry) -> tuple[int, Rule]:
        for index, rule in enumerate(plan.alias.rules):
            if rule.matches(inquiry):
                return index, rule
        raise AssertionError("a policy ends with a rule for every call")

    @staticmethod
    def _by_order(plan: _Plan, order: Sequence[Target]) -> list[Target]:
        return [*order, *(target for target in plan.targets if target not in order)]

    def _considered(self, target: Target, facts: Facts, order: Sequence[Target], bounds: Sequence[Bound]) -> Considered:
        lack = lack_of(target, facts, bounds)
        is_used = target in order
        why = "not in the rule" if lack is None and not is_used else "" if lack is None else lack.said
        return Considered(
            target=target.name,
            model=target.model,
            kept=lack is None and is_used,
            why=why,
            worst_case_nano=self._sources.worst_case_nano(target, facts),
            latency_ms=self._sources.observed.latency_ms(target.name),
        )


def _tried(rule: Rule, inquiry: Inquiry, *, is_used: bool) -> RuleTried:
    checked = [Checked(each.wanted, each.holds(inquiry), each.sees(inquiry)) for each in rule.conditions]
    residency = "" if rule.residency is None else ", ".join(rule.residency.names)
    return RuleTried(
        description=rule.description,
        matched=all(each.holds for each in checked),
        used=is_used,
        conditions=checked,
        use=rule.use.description,
        targets=[target.name for target in rule.use.targets],
        residency=residency,
    )


def _shown(facts: Facts) -> dict[str, object]:
    """The facts without the body: an explanation may be kept."""
    shown = {name: getattr(facts, name) for name in facts.__struct_fields__ if name != "body"}
    return {**shown, "needs": sorted(facts.needs), "findings": dict(facts.findings)}


def _no_route(alias: str, targets: Sequence[Target], facts: Facts, bounds: Sequence[Bound]) -> NoRoute:
    """Says of each target what it lacks. A rule about data is to blame when it stops one that could do it."""
    lacks = [(target, lack) for target in targets if (lack := lack_of(target, facts, bounds)) is not None]
    said = "; ".join(f"{target.name} {lack.said}" for target, lack in lacks)
    hint = ""
    if any(lack.kind == "capability" for _, lack in lacks):
        hint = " (what a target can take is stated in its `capabilities`)"
    by_data = any(lack.is_about_data for _, lack in lacks)
    return NoRoute(f"no target of {alias!r} may serve this call: {said}{hint}", residency=by_data)


def _ascii(text: str) -> str:
    """As a header may carry it."""
    return text.encode("ascii", "backslashreplace").decode()
