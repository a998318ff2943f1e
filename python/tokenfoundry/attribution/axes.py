"""The axes that a key and the headers of a call say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from weakref import WeakKeyDictionary

import msgspec

from tokenfoundry.attribution.distinct import DistinctValues
from tokenfoundry.errors import InvalidInput
from tokenfoundry.keys import CLIENT_AXES, CONVERSATION, MAX_AXIS_LENGTH, PARENT, Key
from tokenfoundry.privacy import Detector

_HEADERS: Final = tuple((axis, f"x-tf-{axis}") for axis in CLIENT_AXES)
_CONVERSATION_HEADER: Final = f"x-tf-{CONVERSATION}"
_PARENT_HEADER: Final = f"x-tf-{PARENT}"

UNBOUNDED: Final = DistinctValues()

_MOST_CLEAN = 8192
_clean: WeakKeyDictionary[Detector, set[str]] = WeakKeyDictionary()  # Values in which nothing was found, and by whom.


class Beside(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the row of a call says beside the axes of the ledger: no budget asks for it."""

    parent: str = ""
    """The id of the call that this one is a part of."""
    tags: tuple[tuple[str, str], ...] = ()
    """By name, in order."""


class Attribution(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The axes of one call that do not depend on where it is routed. Empty means that nobody said.

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
    beside: Beside | None = None


def attribute(
    key: Key, headers: Mapping[str, str], detector: Detector, distinct: DistinctValues = UNBOUNDED
) -> Attribution:
    """The axes of a call with this key and these lower-cased headers.

    A header `x-tf-<axis>` counts when the key lists the axis in `client_axes`; otherwise it is refused, so that nobody
    is booked on a project by a typing mistake. A value that holds personal data is refused too, because it would be
    written down. Raises `InvalidInput`.
    """
    trusted = Attribution(
        workspace=key.workspace,
        project=key.project,
        consumer=key.consumer or key.name,
        key=key.id,
        intent="",
        env=key.env,
        session="",
    )
    stated: dict[str, str] | None = None
    for axis, header in _HEADERS:
        if header in headers:
            stated = stated or {}
            stated[axis] = client_value(axis, headers[header], key, detector, distinct, stated_in=header)
    parent = headers.get(_PARENT_HEADER)
    if stated is None and parent is None:
        return trusted
    beside = None if parent is None else Beside(parent=_parent(parent, key, detector))
    return msgspec.structs.replace(trusted, **(stated or {}), beside=beside)


def conversation_of(key: Key, headers: Mapping[str, str], detector: Detector) -> str:
    """The conversation that a call states, as it states an axis; empty when it states none. Raises `InvalidInput`."""
    value = headers.get(_CONVERSATION_HEADER)
    if value is None:
        return ""
    _demand(CONVERSATION, key, _CONVERSATION_HEADER)
    return checked(value, detector, stated_in=_CONVERSATION_HEADER)


def client_value(
    axis: str, said: object, key: Key, detector: Detector, distinct: DistinctValues, *, stated_in: str
) -> str:
    """A value that a client states on an axis, or what it is booked on instead. Raises `InvalidInput`."""
    _demand(axis, key, stated_in)
    value = checked(said, detector, stated_in=stated_in)
    if axis == "intent" and key.intents is not None:
        return value  # The key tells them apart: it lists all that there are.
    return distinct.admitted(key.workspace, axis, value)


def checked(value: object, detector: Detector, *, stated_in: str) -> str:
    """What a client states and is written down. Raises `InvalidInput`."""
    if not isinstance(value, str) or not value or len(value) > MAX_AXIS_LENGTH:
        raise InvalidInput(f"{stated_in}: needs 1 to {MAX_AXIS_LENGTH} printable characters")
    if "\n" in value:  # As the gateway joins them.
        raise InvalidInput(f"{stated_in}: is stated twice, and not the same: state one")
    if not value.isprintable():
        raise InvalidInput(f"{stated_in}: needs 1 to {MAX_AXIS_LENGTH} printable characters")
    clean = _clean.setdefault(detector, set())
    if value not in clean:  # The same few come with every call.
        if findings := detector.detect(value):
            raise InvalidInput(f"{stated_in}: holds {findings[0].entity}, and is written down: send an id instead")
        if len(clean) >= _MOST_CLEAN:
            clean.clear()
        clean.add(value)
    return value


def _parent(value: str, key: Key, detector: Detector) -> str:
    if "session" not in key.client_axes:
        raise InvalidInput(f"{_PARENT_HEADER}: this key does not let the client set session, nor what it is a part of")
    return checked(value, detector, stated_in=_PARENT_HEADER)


def _demand(axis: str, key: Key, stated_in: str) -> None:
    if axis not in key.client_axes:
        raise InvalidInput(f"{stated_in}: this key does not let the client set {axis}")
