"""Who a call is booked on: trusted values from the key, client values only where the key allows them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tokenfoundry.errors import InvalidInput
from tokenfoundry.keys import CLIENT_AXES, CONVERSATION, MAX_AXIS_LENGTH, Key
from tokenfoundry.privacy import Detector

_CONVERSATION_HEADER = f"x-tf-{CONVERSATION}"


class Attribution(msgspec.Struct, frozen=True, kw_only=True):
    """The axes of one call that do not depend on where it is routed. Empty means unattributed."""

    workspace: str
    project: str
    consumer: str
    key: str
    intent: str
    env: str
    session: str


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
