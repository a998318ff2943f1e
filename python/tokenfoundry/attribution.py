"""Who a call is booked on: trusted values from the key, client values only where the key allows them, and the intent
that a rule infers for a call that states none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from string import ascii_uppercase

import msgspec

from tokenfoundry.errors import ConfigError, InvalidInput
from tokenfoundry.keys import CLIENT_AXES, CONVERSATION, MAX_AXIS_LENGTH, Key
from tokenfoundry.privacy import Detector, Pattern
from tokenfoundry.settings.attribution import AttributionSettings, IntentRuleSettings

_CONVERSATION_HEADER = f"x-tf-{CONVERSATION}"


class Attribution(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The axes of one call that do not depend on where it is routed. Empty means unattributed.

    What headers and a key alone say is axes of the ledger as it stands: only a rule adds `intent_from`.
    """

    workspace: str
    project: str
    consumer: str
    key: str
    intent: str
    env: str
    session: str
    intent_from: str = ""
    """`rule` when a rule said the intent, because the caller did not."""


def attribute(key: Key, headers: Mapping[str, str], detector: Detector) -> Attribution:
    """The axes of a call with this key and these lower-cased headers.

    A header `x-tf-<axis>` counts when the key lists the axis in `client_axes`; otherwise it is refused, so that nobody
    is booked on a project by a typing mistake. A value that holds personal data is refused too, because it would be
    written down. Raises `InvalidInput`.
    """
    values = {
        "workspace": key.workspace,
        "project": key.project,
        "consumer": key.consumer or key.name,
        "key": key.id,
        "intent": "",
        "env": key.env,
        "session": "",
    }
    for axis in CLIENT_AXES:
        value = headers.get(f"x-tf-{axis}")
        if value is not None:
            values[axis] = _checked(axis, value, key, detector)
    return Attribution(**values)


def conversation_of(key: Key, headers: Mapping[str, str], detector: Detector) -> str:
    """The conversation that a call states, as it states an axis; empty when it states none. Raises `InvalidInput`."""
    value = headers.get(_CONVERSATION_HEADER)
    return "" if value is None else _checked(CONVERSATION, value, key, detector)


def _checked(axis: str, value: str, key: Key, detector: Detector) -> str:
    if axis not in key.client_axes:
        raise InvalidInput(f"x-tf-{axis}: this key does not let the client set {axis}")
    if "\n" in value:  # As the gateway joins them.
        raise InvalidInput(f"x-tf-{axis}: is stated twice, and not the same: state one")
    if not value or len(value) > MAX_AXIS_LENGTH or not value.isprintable():
        raise InvalidInput(f"x-tf-{axis}: needs 1 to {MAX_AXIS_LENGTH} printable characters")
    if findings := detector.detect(value):
        raise InvalidInput(f"x-tf-{axis}: holds {findings[0].entity}, and is written down: send an id instead")
    return value


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


NO_RULES = IntentRules(())


def intent_rules(settings: AttributionSettings) -> IntentRules:
    """The rules of a configuration. Raises `ConfigError` naming the one with a pattern that is none."""
    for index, rule in enumerate(settings.intents):
        try:
            IntentRules((rule,))
        except InvalidInput as error:
            raise ConfigError(str(error), path=f"attribution.intents[{index}].system_regex") from None
    return IntentRules(settings.intents) if settings.intents else NO_RULES
