"""What a configuration takes from a call beside its axes in headers: tags, fields of its body, what must be there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from tokenfoundry.attribution.axes import Attribution, Beside, checked, client_value
from tokenfoundry.attribution.distinct import UNATTRIBUTED, DistinctValues
from tokenfoundry.errors import InvalidInput
from tokenfoundry.keys import CLIENT_AXES, Key
from tokenfoundry.privacy import Detector
from tokenfoundry.settings.attribution import AttributionSettings

TAG_HEADER: Final = "x-tf-tag-"


class Stated:
    """What these settings take. Any thread; false when it is nothing."""

    def __init__(self, settings: AttributionSettings, distinct: DistinctValues) -> None:
        self._tags = frozenset(settings.tags)
        self._fields = tuple((field, field.split("."), name) for field, name in settings.from_body.items())
        self._required = settings.required
        self._refuses = settings.missing == "refuse"
        self._distinct = distinct

    def __bool__(self) -> bool:
        return bool(self._tags or self._fields or self._required)

    def by(
        self, axes: Attribution, key: Key, headers: Mapping[str, str], body: Mapping[str, Any], detector: Detector
    ) -> Attribution:
        """The axes with the tags of the headers, and with what the body states where the headers do not.

        A field of the body that the key does not let the client set was not meant for us, and says nothing. Raises
        `InvalidInput`.
        """
        tags = self._tags_of(headers, key, detector)
        found: dict[str, Any] = {}
        for field, path, name in self._fields:
            value = _at(path, body)
            if value is None or name in found or name in tags or f"x-tf-{name}" in headers:
                continue
            if name in self._tags:
                tags[name] = self._tag(name, value, key, detector, stated_in=field)
            elif name in key.client_axes:
                found[name] = client_value(name, value, key, detector, self._distinct, stated_in=field)
        if tags:
            parent = "" if axes.beside is None else axes.beside.parent
            found["beside"] = Beside(parent=parent, tags=tuple(sorted(tags.items())))
        return msgspec.structs.replace(axes, **found) if found else axes

    def complete(self, axes: Attribution) -> Attribution:
        """The axes with nothing empty that is required: booked on `UNATTRIBUTED`, which is an alarm, or refused. Raises
        `InvalidInput`.
        """
        tags = {} if axes.beside is None else dict(axes.beside.tags)
        missing = [name for name in self._required if not (tags if name in self._tags else _of(axes)).get(name)]
        if not missing:
            return axes
        if self._refuses:
            raise InvalidInput(f"{self._places_of(missing[0])}: is required here, and this call does not state it")
        for name in missing:
            self._distinct.missing(axes.workspace, name)
        found: dict[str, Any] = {name: UNATTRIBUTED for name in missing if name not in self._tags}
        if lost := {name: UNATTRIBUTED for name in missing if name in self._tags}:
            parent = "" if axes.beside is None else axes.beside.parent
            found["beside"] = Beside(parent=parent, tags=tuple(sorted((tags | lost).items())))
        return msgspec.structs.replace(axes, **found)

    def _tags_of(self, headers: Mapping[str, str], key: Key, detector: Detector) -> dict[str, str]:
        tags: dict[str, str] = {}
        for header, value in headers.items() if self._tags else ():
            if header.startswith(TAG_HEADER):
                name = header.removeprefix(TAG_HEADER)
                if name not in self._tags:
                    known = ", ".join(sorted(self._tags))
                    raise InvalidInput(f"{TAG_HEADER}*: there is no such tag here, there is {known}")
                tags[name] = self._tag(name, value, key, detector, stated_in=header)
        return tags

    def _tag(self, name: str, value: object, key: Key, detector: Detector, *, stated_in: str) -> str:
        return self._distinct.admitted(key.workspace, name, checked(value, detector, stated_in=stated_in))

    def _places_of(self, name: str) -> str:
        header = f"{TAG_HEADER}{name}" if name in self._tags else f"x-tf-{name}"
        return " or ".join([header, *(field for field, _, stated in self._fields if stated == name)])


def _of(axes: Attribution) -> Mapping[str, str]:
    return {name: getattr(axes, name) for name in CLIENT_AXES}


def _at(path: list[str], body: Mapping[str, Any]) -> object:
    value: Any = body
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
