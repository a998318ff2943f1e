"""Which privacy policy a call has: that of everybody, changed by what matches the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tokenfoundry.privacy import Detector, Redactor
from tokenfoundry.privacy.policy import ActionOrRule
from tokenfoundry.privacy.redactor import Unreadable

_MOST_PLACES = 4096  # Of which it is remembered which policies match.

Actions = Mapping[str, ActionOrRule]


@dataclass(frozen=True, slots=True)
class Terms:
    """What is done with what: in prompts, in what a model adds of its own, and in what nobody can read."""

    request: Actions = field(default_factory=dict)
    response: Actions = field(default_factory=dict)
    unreadable: Unreadable | None = None

    def changed_by(self, other: Terms) -> Terms:
        """These terms, but for what the other ones say."""
        return Terms(
            {**self.request, **other.request},
            {**self.response, **other.response},
            other.unreadable or self.unreadable,
        )


@dataclass(frozen=True, slots=True)
class Match:
    """The calls that terms are for; empty is any."""

    workspace: str = ""
    project: str = ""
    key: str = ""

    def holds(self, workspace: str, project: str, key: str) -> bool:
        """Whether a call of these is one of them."""
        return self.workspace in ("", workspace) and self.project in ("", project) and self.key in ("", key)

    @property
    def closeness(self) -> tuple[bool, bool, bool]:
        """The higher, the closer: a key before a project before a workspace."""
        return bool(self.key), bool(self.project), bool(self.workspace)


class Redactors:
    """A redactor for each set of policies that some calls have in common. Any thread."""

    def __init__(
        self, general: Terms, policies: Sequence[tuple[Match, Terms]], make: Callable[[Terms], Redactor]
    ) -> None:
        """`make` makes the redactor of terms. Raises what it raises for the terms of any policy."""
        self._terms = general
        self._policies = sorted(policies, key=lambda policy: policy[0].closeness)
        self._make = make
        self.general = make(general)
        self._made: dict[tuple[int, ...], Redactor] = {(): self.general}
        self._known: dict[tuple[str, str, str], Redactor] = {}
        for number in range(len(self._policies)):
            self._of_policies((number,))

    def of(self, workspace: str, project: str, key: str) -> Redactor:
        """The redactor of the calls of these."""
        if not self._policies:
            return self.general
        place = workspace, project, key
        known = self._known.get(place)
        if known is None:
            matching = (number for number, (match, _) in enumerate(self._policies) if match.holds(*place))
            known = self._of_policies(tuple(matching))
            if len(self._known) >= _MOST_PLACES:
                self._known = {}
            self._known[place] = known
        return known

    @property
    def detector(self) -> Detector:
        """What finds the data, whatever is done with it."""
        return self.general.detector

    def _of_policies(self, numbers: tuple[int, ...]) -> Redactor:
        """The redactor of the general terms changed by these policies, the closest last."""
        made = self._made.get(numbers)
        if made is None:
            terms = self._terms
            for number in numbers:
                terms = terms.changed_by(self._policies[number][1])
            made = self._made[numbers] = self._make(terms)
        return made
