"""The intent that a rule infers for a call that states none."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from string import ascii_uppercase

from tokenfoundry.errors import ConfigError, InvalidInput
from tokenfoundry.privacy import Detector, Pattern
from tokenfoundry.settings.attribution import AttributionSettings, IntentRuleSettings


class IntentRules:
    """The intents of calls that state none. Immutable; any thread.

    Patterns are searched for in time linear in the text, all at once.
    """

    def __init__(self, rules: Sequence[IntentRuleSettings]) -> None:
        """Raises `InvalidInput` for a pattern that is none."""
        self._rules = tuple(rules)
        self._asks_for_system = any(rule.system_sha256 or rule.system_regex for rule in rules)
        named = {number: _name(number) for number, rule in enumerate(rules) if rule.system_regex}
        self._names = named
        patterns = [Pattern(name, rules[number].system_regex or "") for number, name in named.items()]
        self._detector = Detector(entities=[], patterns=patterns) if patterns else None

    def __bool__(self) -> bool:
        return bool(self._rules)

    @property
    def asks_for_system(self) -> bool:
        """Whether any rule looks at the system prompt."""
        return self._asks_for_system

    def intent_of(self, path: str, system: str) -> str:
        """The intent of the first rule that holds; empty when none does."""
        sha256 = hashlib.sha256(system.encode("utf-8", "surrogatepass")).hexdigest() if system else ""
        found = {each.entity for each in self._detector.detect(system)} if self._detector and system else set()
        for number, rule in enumerate(self._rules):
            if (
                (rule.path is None or rule.path == path)
                and (rule.system_sha256 is None or rule.system_sha256 == sha256)
                and (rule.system_regex is None or self._names[number] in found)
            ):
                return rule.intent
        return ""


def _name(number: int) -> str:
    """A name of a pattern, of letters alone."""
    high, low = divmod(number, len(ascii_uppercase))
    return f"RULE_{ascii_uppercase[high]}{ascii_uppercase[low]}"


NO_INTENTS = IntentRules(())


def intent_rules(settings: AttributionSettings) -> IntentRules:
    """The rules of a configuration. Raises `ConfigError` naming the one with a pattern that is none."""
    for index, rule in enumerate(settings.intents):
        try:
            IntentRules((rule,))
        except InvalidInput as error:
            raise ConfigError(str(error), path=f"attribution.intents[{index}].system_regex") from None
    return IntentRules(settings.intents) if settings.intents else NO_INTENTS
