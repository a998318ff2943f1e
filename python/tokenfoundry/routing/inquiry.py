"""What rules ask of one call. What costs something is found out when it is first asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from tokenfoundry.routing.complexity import Score, language_of, score
from tokenfoundry.routing.facts import Facts
from tokenfoundry.routing.filters import Bound
from tokenfoundry.routing.observed import Observed
from tokenfoundry.routing.prompts import outline_of, prompt_of
from tokenfoundry.routing.targets import Target
from tokenfoundry.settings.regions import GROUPS, expanded

_log = logging.getLogger("tokenfoundry")

Classify = Callable[[Facts], float | None]
WorstCase = Callable[[Target, Facts], int]
Pressure = Callable[[str, Facts], float]

_MAX_REMEMBERED = 4096


class Regions:
    """Groups of regions, expanded once for each list of names. Any thread."""

    def __init__(self, groups: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self._groups = {**GROUPS, **(groups or {})}
        self._remembered: dict[tuple[str, ...], frozenset[str]] = {}

    def of(self, names: tuple[str, ...]) -> frozenset[str]:
        """Every region that is meant by these names of regions and groups."""
        found = self._remembered.get(names)
        if found is None:
            if len(self._remembered) >= _MAX_REMEMBERED:
                self._remembered.clear()
            found = self._remembered[names] = expanded(names, self._groups)
        return found


class Sources:
    """Where the answers come from, for every call alike."""

    def __init__(
        self,
        *,
        worst_case_nano: WorstCase | None = None,
        observed: Observed | None = None,
        pressure: Pressure | None = None,
        classify: Classify | None = None,
        regions: Regions | None = None,
    ) -> None:
        """`worst_case_nano` is the most a call can cost on a target; `pressure` the percentage used of its tightest
        money budget; `classify` may replace the complexity score.
        """
        self.worst_case_nano = worst_case_nano or (lambda target, facts: 0)
        self.observed = observed or Observed()
        self.pressure = pressure or (lambda alias, facts: 0.0)
        self.classify = classify
        self.regions = regions or Regions()


class Inquiry:
    """The answers about one call; each is found once."""

    __slots__ = ("_budget_used", "_complexity", "_language", "_score", "alias", "bounds", "facts", "sources")

    def __init__(self, alias: str, facts: Facts, sources: Sources, bounds: tuple[Bound, ...] = ()) -> None:
        """`bounds` hold whichever rule the call meets."""
        self.alias = alias
        self.facts = facts
        self.sources = sources
        self.bounds = bounds
        self._score: Score | None = None
        self._complexity: float | None = None
        self._language: str | None = None
        self._budget_used: float | None = None

    @property
    def score(self) -> Score:
        """Of the prompt's features, whatever a classifier says."""
        if self._score is None:
            self._score = score(prompt_of(self.facts), outline_of(self.facts))
        return self._score

    @property
    def complexity(self) -> float:
        """What rules compare: the classifier's word where there is one, else the score."""
        if self._complexity is None:
            said = self._classified()
            self._complexity = self.score.value if said is None else said
        return self._complexity

    @property
    def language(self) -> str:
        if self._language is None:
            self._language = language_of(prompt_of(self.facts)) if self._score is None else self._score.language
        return self._language

    @property
    def budget_used(self) -> float:
        """In percent."""
        if self._budget_used is None:
            self._budget_used = self.sources.pressure(self.alias, self.facts)
        return self._budget_used

    def _classified(self) -> float | None:
        # The body of an on-prem call is not redacted, and who knows where a classifier sends it.
        if self.sources.classify is None or self.facts.on_prem_only:
            return None
        try:
            said = self.sources.classify(self.facts)
            if said is None:
                return None
            if not 0 <= said <= 1:
                raise ValueError("a score is a number from 0 to 1")
        except Exception as error:  # noqa: BLE001 (the user's own code: no call fails by it)
            # Not its message: it may quote the prompt.
            _log.warning("the classifier failed (%s), so the score of the features holds", type(error).__name__)
            return None
        return float(said)
