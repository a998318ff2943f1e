"""A key from what an administrator states: every field checked, and named when it is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, get_args

import msgspec
from pydantic import TypeAdapter, ValidationError

from tokenfoundry.errors import InvalidInput
from tokenfoundry.keys.budgets import budgets_of
from tokenfoundry.keys.key import CONVERSATION, Endpoint, Key, Scope, State
from tokenfoundry.networks import network_of
from tokenfoundry.settings.attribution import CLIENT_AXES
from tokenfoundry.settings.fields import DurationMs

MAX_AXIS_LENGTH = 128
MAX_OVERLAP_MS = 365 * 86_400_000

OF_THE_RING = ("id", "sha256", "old_secrets", "created_at_ms")
_LAST_INSTANT_MS = 253_402_300_799_999  # 9999-12-31, the last day that a date can show
_MAX_LIMIT = 10**12
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "endpoints": get_args(Endpoint),
    "scopes": get_args(Scope),
    "state": get_args(State),
}
_DURATION: Final = TypeAdapter(DurationMs)


def refuse_fixed(fields: Collection[str]) -> None:
    """Raises `InvalidInput` when one of `fields` is not for an administrator to set, or not a field at all."""
    for name in fields:
        if name in OF_THE_RING:
            raise InvalidInput(f"a key's {name} cannot be set")
        if name not in Key.__struct_fields__:
            known = ", ".join(sorted(set(Key.__struct_fields__) - set(OF_THE_RING)))
            raise InvalidInput(f"a key has no field {name!r}; it has {known}")


def key_from(fields: Mapping[str, object], *, changed: Collection[str]) -> Key:
    """The key with these fields. Raises `InvalidInput`.

    Only what is `changed` is checked beyond its type: what an earlier version let pass must not stop a key from being
    frozen.
    """
    try:
        key = msgspec.convert(fields, Key)
    except msgspec.ValidationError as error:
        raise InvalidInput(_in_words(error)) from None
    for name in changed:
        check = _CHECKS.get(name)
        if check is not None and getattr(key, name) is not None:
            check(key, name)
    if {"intents", "client_axes"} & set(changed):
        _check_intents_can_be_stated(key)
    return key


def overlap_ms_of(value: object) -> int:
    """How long an old secret outlives a rotation: "24h", "7d"; 0 for not at all. Raises `InvalidInput`.

    >>> overlap_ms_of("24h"), overlap_ms_of("0")
    (86400000, 0)
    """
    if value in ("0", 0) and value is not False:
        return 0
    try:
        overlap_ms = _DURATION.validate_python(value)
    except ValidationError:
        raise InvalidInput("overlap: should be a duration with its unit, such as 90s, 24h or 7d, or 0") from None
    if overlap_ms > MAX_OVERLAP_MS:
        raise InvalidInput("overlap: should be at most 365d")
    return overlap_ms


def _in_words(error: msgspec.ValidationError) -> str:
    """`Expected ... - at `$.rpm`` as `rpm: expected ...`."""
    found = re.fullmatch(r"(.*) - at `\$\.(.*)`", str(error), flags=re.DOTALL)
    if found is None:
        return f"key: {error}"
    choices = _CHOICES.get(found[2].partition("[")[0])
    if choices and found[1].startswith("Invalid enum value"):
        return f"{found[2]}: should be {', '.join(choices[:-1])} or {choices[-1]}"
    return f"{found[2]}: {found[1][0].lower()}{found[1][1:]}"


def _check_text(key: Key, name: str) -> None:
    value = getattr(key, name)
    if len(value) > MAX_AXIS_LENGTH or not value.isprintable():
        raise InvalidInput(f"{name}: needs at most {MAX_AXIS_LENGTH} printable characters")
    if name in ("workspace", "project") and not value:
        raise InvalidInput("a key needs a workspace and a project")


def _check_client_axes(key: Key, name: str) -> None:
    known = (*CLIENT_AXES, CONVERSATION)
    bad_axes = set(key.client_axes) - set(known)
    if bad_axes:
        raise InvalidInput(f"{name}: {sorted(bad_axes)[0]!r} cannot be set by a client; {', '.join(known)} can")


def _check_list(key: Key, name: str) -> None:
    values = getattr(key, name)
    if not values:
        raise InvalidInput(f"{name}: an empty list allows nothing; leave it out to allow all")
    for index, value in enumerate(values):
        may_be_empty = name == "intents"
        if not (value or may_be_empty) or len(value) > MAX_AXIS_LENGTH or not value.isprintable():
            raise InvalidInput(f"{name}[{index}]: needs 1 to {MAX_AXIS_LENGTH} printable characters")


def _check_models(key: Key, name: str) -> None:
    _check_list(key, name)
    for index, model in enumerate(key.models or ()):
        if "*" in model[:-1]:
            raise InvalidInput(f"{name}[{index}]: {model!r} has a * that is not at its end, as in gpt-4o*")


def _check_ips(key: Key, name: str) -> None:
    _check_list(key, name)
    for index, text in enumerate(key.allowed_ips or ()):
        try:
            network_of(text)
        except ValueError as error:
            raise InvalidInput(f"{name}[{index}]: {text!r} {error}") from None


def _check_limit(key: Key, name: str) -> None:
    if not 1 <= getattr(key, name) <= _MAX_LIMIT:
        raise InvalidInput(f"{name}: should be from 1 to {_MAX_LIMIT}, or null for no limit")


def _check_expiry(key: Key, name: str) -> None:
    if not 0 <= getattr(key, name) <= _LAST_INSTANT_MS:
        raise InvalidInput(f"{name}: should be Unix milliseconds up to the year 9999, or null for never")


def _check_budgets(key: Key, name: str) -> None:
    budgets_of(key)


def _check_intents_can_be_stated(key: Key) -> None:
    if key.intents is not None and "" not in key.intents and "intent" not in key.client_axes:
        raise InvalidInput('intents: no call could state one, as "intent" is not among client_axes')


_Check = Callable[[Key, str], None]
_CHECKS: Final[Mapping[str, _Check]] = {
    **dict[str, Any].fromkeys(("name", "workspace", "project", "consumer", "env"), _check_text),
    "client_axes": _check_client_axes,
    "models": _check_models,
    **dict[str, Any].fromkeys(("endpoints", "intents", "regions"), _check_list),
    "allowed_ips": _check_ips,
    **dict[str, Any].fromkeys(("rpm", "tpm", "concurrent"), _check_limit),
    "budgets": _check_budgets,
    "expires_at_ms": _check_expiry,
}
