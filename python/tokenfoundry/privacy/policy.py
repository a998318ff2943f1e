"""What is done with each kind of personal data."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast, get_args

from tokenfoundry.errors import InvalidInput
from tokenfoundry.privacy.catalogue import catalogue
from tokenfoundry.privacy.surrogates import SURROGATES

Action = Literal["pseudonymize", "surrogate", "mask", "hash", "redact", "block", "allow", "on_prem"]
ACTIONS: Final[tuple[str, ...]] = get_args(Action)

# Of what a model adds of its own: nothing would ever turn a stand-in back, and it has left its target already.
ANSWER_ACTIONS: Final = ("mask", "hash", "redact", "block", "allow")

MOST_KEPT: Final = 64
# A mask must leave JSON whole and must not read as a placeholder.
_NO_MASK: Final = frozenset('[]{}"\\')

_BRACKETS: Final = re.compile(r"[\[\]\\&\uff3b\uff3d\u3010\u3011]")

ActionOrRule = str | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """An action and how it is done: `mask` keeps the last `keep_last` characters and writes `character` for the others.

    >>> Rule("mask", keep_last=2).masked("mario@example.it")
    '**************it'
    """

    action: Action
    keep_last: int = 4
    character: str = "*"

    def masked(self, value: str) -> str:
        """The mask of `value`: all of it when it has no more characters than are kept.

        Brackets go too, and what may be written for one: what is left, and the text after it, must not read as a
        placeholder.
        """
        kept = value[-self.keep_last :] if 0 < self.keep_last < len(value) else ""
        kept = _BRACKETS.sub(lambda _: self.character, kept)
        return self.character * (len(value) - len(kept)) + kept

    def __str__(self) -> str:
        changed = [f"keep_last={self.keep_last}"] if self.keep_last != 4 else []
        changed += [f"character={self.character}"] if self.character != "*" else []
        return f"{self.action}({', '.join(changed)})" if changed else self.action


class Policy:
    """An action for every entity of a detector; immutable.

    `pseudonymize`  a numbered placeholder, `[EMAIL_ADDRESS_1]`, which the answer's restore turns back
    `surrogate`     a value of the same kind that can be nobody's, which restore turns back: see `privacy.surrogates`
    `on_prem`       a placeholder, and the call must go to an on-premises target
    `mask`          all but the last four characters starred out; not restored
    `hash`          `[EMAIL_ADDRESS:0f3a...]`: the same for the same value and key, always; not restored
    `redact`        `[EMAIL_ADDRESS]`; not restored
    `block`         the text is refused with `BlockedContent`
    `allow`         left as it is, and not counted

    `actions` maps an entity to its action, or to a mapping with it and what it takes, such as `{"action": "mask",
    "keep_last": 2, "character": "#"}`; and `default` to that of all others (`pseudonymize` where it is missing) but for
    those that are rarely personal and that the catalogue allows: they are protected when they are named. Where
    `default` is `surrogate`, kinds that have no surrogates are pseudonymized. With `of_answers` it is about what a
    model adds of its own: `default` is `allow`, and what would have to be turned back is no action.

    Raises `InvalidInput` for an entity that is not among `entities` (what is not looked for cannot be protected), for
    an unknown action, naming the known ones, and for `surrogate` of an entity that has none.

    >>> Policy({"default": "redact", "IBAN_CODE": "mask"}, entities=["IBAN_CODE", "EMAIL_ADDRESS"])
    Policy(IBAN_CODE=mask, EMAIL_ADDRESS=redact)
    >>> Policy(entities=["EMAIL_ADDRESS", "URL"])
    Policy(EMAIL_ADDRESS=pseudonymize, URL=allow)
    """

    __slots__ = ("_rules",)

    def __init__(
        self,
        actions: Mapping[str, ActionOrRule] | None = None,
        *,
        entities: tuple[str, ...] | list[str],
        of_answers: bool = False,
    ) -> None:
        actions = dict(actions or {})
        known = ANSWER_ACTIONS if of_answers else ACTIONS
        default = rule_of("default", actions.pop("default", "allow" if of_answers else "pseudonymize"), known)
        for name in actions:
            if name not in entities:
                raise InvalidInput(f"unknown entity {name!r} in the policy; known: {', '.join(entities)}, default")
        self._rules: dict[str, Rule] = {
            name: _named(name, actions[name], known) if name in actions else _unnamed(name, default)
            for name in entities
        }

    def action(self, entity: str) -> Action:
        """The action for an entity of the detector."""
        return self._rules[entity].action

    def rule(self, entity: str) -> Rule:
        """The action for an entity of the detector, and how it is done."""
        return self._rules[entity]

    @property
    def protected(self) -> tuple[str, ...]:
        """The entities that are not allowed."""
        return tuple(name for name, rule in self._rules.items() if rule.action != "allow")

    def uses(self, action: Action) -> bool:
        """Whether any entity has this action."""
        return any(rule.action == action for rule in self._rules.values())

    def __repr__(self) -> str:
        return f"Policy({', '.join(f'{name}={rule}' for name, rule in self._rules.items())})"


def rule_of(name: str, stated: ActionOrRule, known: Collection[str] = ACTIONS) -> Rule:
    """The rule that is stated for an entity, or for `default`. Raises `InvalidInput`."""
    fields = {"action": stated} if isinstance(stated, str) else dict(stated)
    action = fields.pop("action", None)
    if action not in known:
        said = f"unknown action {action!r}" if action not in ACTIONS else f"{action} is nothing for answers, stated"
        raise InvalidInput(f"{said} for {name} in the policy; known: {', '.join(known)}")
    if fields and (action != "mask" or fields.keys() - {"keep_last", "character"}):
        taken = "keep_last and character" if action == "mask" else "nothing else"
        raise InvalidInput(f"{', '.join(sorted(fields))} of {name} in the policy: {action} takes {taken}")
    rule = Rule(cast(Action, action), **fields)
    if type(rule.keep_last) is not int or not 0 <= rule.keep_last <= MOST_KEPT:
        raise InvalidInput(f"keep_last of {name} in the policy: needs a number from 0 to {MOST_KEPT}")
    if not is_mask(rule.character):
        raise InvalidInput(f"character of {name} in the policy: needs one printable character, and no bracket or quote")
    return rule


def is_mask(character: object) -> bool:
    """Whether masks may be written with it."""
    return isinstance(character, str) and len(character) == 1 and character.isprintable() and character not in _NO_MASK


def _named(name: str, stated: ActionOrRule, known: Collection[str]) -> Rule:
    rule = rule_of(name, stated, known)
    if rule.action == "surrogate" and name not in SURROGATES:
        raise InvalidInput(f"{name} has no surrogates that can be nobody's; those that do: {', '.join(SURROGATES)}")
    return rule


def _unnamed(name: str, default: Rule) -> Rule:
    info = catalogue().get(name)
    if info is not None and info.action == "allow":
        return Rule("allow")
    return Rule("pseudonymize") if default.action == "surrogate" and name not in SURROGATES else default
