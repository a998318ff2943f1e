"""What is done with each kind of personal data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, cast, get_args

from tokenfoundry.errors import InvalidInput
from tokenfoundry.privacy.catalogue import catalogue

Action = Literal["pseudonymize", "mask", "redact", "block", "allow", "on_prem"]
ACTIONS: Final[tuple[str, ...]] = get_args(Action)


class Policy:
    """An action for every entity of a detector; immutable.

    `pseudonymize`  a numbered placeholder, `[EMAIL_ADDRESS_1]`, which the answer's restore turns back
    `on_prem`       the same, and the call must go to an on-premises target
    `mask`          all but the last four characters starred out; not restored
    `redact`        `[EMAIL_ADDRESS]`; not restored
    `block`         the text is refused with `BlockedContent`
    `allow`         left as it is, and not counted

    `actions` maps an entity to its action, and `default` to that of all others (`pseudonymize` where it is missing)
    but for those that are rarely personal and that the catalogue allows: they are protected when they are named.
    Raises `InvalidInput` for an entity that is not among `entities` (what is not looked for cannot be protected) and
    for an unknown action, naming the known ones.

    >>> Policy({"default": "redact", "IBAN_CODE": "mask"}, entities=["IBAN_CODE", "EMAIL_ADDRESS"])
    Policy(IBAN_CODE=mask, EMAIL_ADDRESS=redact)
    >>> Policy(entities=["EMAIL_ADDRESS", "URL"])
    Policy(EMAIL_ADDRESS=pseudonymize, URL=allow)
    """

    __slots__ = ("_actions",)

    def __init__(self, actions: Mapping[str, str] | None = None, *, entities: tuple[str, ...] | list[str]) -> None:
        actions = dict(actions or {})
        default = _checked("default", actions.pop("default", "pseudonymize"))
        for name in actions:
            if name not in entities:
                raise InvalidInput(f"unknown entity {name!r} in the policy; known: {', '.join(entities)}, default")
        self._actions: dict[str, Action] = {
            name: _checked(name, actions[name]) if name in actions else _unless_allowed(name, default)
            for name in entities
        }

    def action(self, entity: str) -> Action:
        """The action for an entity of the detector."""
        return self._actions[entity]

    @property
    def protected(self) -> tuple[str, ...]:
        """The entities that are not allowed."""
        return tuple(name for name, action in self._actions.items() if action != "allow")

    def __repr__(self) -> str:
        return f"Policy({', '.join(f'{name}={action}' for name, action in self._actions.items())})"


def _unless_allowed(name: str, default: Action) -> Action:
    info = catalogue().get(name)
    return "allow" if info is not None and info.action == "allow" else default


def _checked(name: str, action: str) -> Action:
    if action not in ACTIONS:
        raise InvalidInput(f"unknown action {action!r} for {name} in the policy; known: {', '.join(ACTIONS)}")
    return cast(Action, action)
