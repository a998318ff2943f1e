"""`RecognizerRegistry`: the recognizers of an analyzer, and Presidio's YAML files of them."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tokenfoundry.compat.presidio.matcher import DEFAULT_FLAGS
from tokenfoundry.compat.presidio.predefined import (
    ENTITIES,
    OWN_NAME,
    PRESIDIO_ENTITIES,
    CatalogueRecognizer,
    default_names,
    recognizer_class,
)
from tokenfoundry.compat.presidio.recognizers import EntityRecognizer, PatternRecognizer
from tokenfoundry.errors import InvalidInput
from tokenfoundry.privacy import catalogue

_log = logging.getLogger(__name__)

_FILE_KEYS = {"recognizers", "supported_languages", "supported_countries", "global_regex_flags"}


class RecognizerRegistry:
    """A list of recognizers, changed before it is given to an analyzer.

    >>> registry = RecognizerRegistry()
    >>> registry.load_predefined_recognizers()
    >>> "IBAN_CODE" in registry.get_supported_entities()
    True
    >>> registry.remove_recognizer("IbanRecognizer")
    >>> "IBAN_CODE" in registry.get_supported_entities()
    False
    """

    def __init__(
        self,
        recognizers: Iterable[EntityRecognizer] | None = None,
        global_regex_flags: int = DEFAULT_FLAGS,
        supported_languages: Sequence[str] | None = None,
    ) -> None:
        self.recognizers = list(recognizers or ())
        self.global_regex_flags = global_regex_flags
        self.supported_languages = list(supported_languages or ["en"])

    @classmethod
    def from_yaml(cls, yml_path: str | os.PathLike[str]) -> RecognizerRegistry:
        """The registry that a file describes, with its `supported_languages`. Raises as `add_recognizers_from_yaml`."""
        content = _read(yml_path)
        registry = cls(supported_languages=content.get("supported_languages"))
        registry.add_recognizers_from_yaml(yml_path)
        return registry

    def load_predefined_recognizers(
        self,
        languages: Sequence[str] | None = None,
        nlp_engine: object = None,
        countries: Sequence[str] | None = None,
    ) -> None:
        """Adds a recognizer for everything that is looked for by default, under Presidio's names where it has one.

        With `countries` (ISO 3166-1 codes, `uk` for the United Kingdom) those of other countries are left out.
        `languages` and `nlp_engine` change nothing: all languages are known, and no model is needed.
        """
        wanted = None if countries is None else {country.lower() for country in countries}
        for name in default_names():
            recognizer = recognizer_class(name)()
            if name == OWN_NAME:
                self._add_own(recognizer, wanted)
            elif wanted is None or recognizer.country_code() is None or recognizer.country_code() in wanted:
                self.add_recognizer(recognizer)

    def _add_own(self, recognizer: CatalogueRecognizer, countries: set[str] | None) -> None:
        recognizer.supported_entities = [
            entity
            for entity in recognizer.supported_entities
            if catalogue()[entity].profile != "strict"
            and (countries is None or _is_of(catalogue()[entity].countries, countries))
        ]
        self.add_recognizer(recognizer)

    def add_nlp_recognizer(self, nlp_engine: object = None) -> None:
        """Adds the recognizer of names, under the name that Presidio's default has."""
        self.add_recognizer(recognizer_class("SpacyRecognizer")())

    def add_recognizer(self, recognizer: EntityRecognizer) -> None:
        """Adds one. Raises `InvalidInput` for anything else than a recognizer."""
        if not isinstance(recognizer, EntityRecognizer):
            raise InvalidInput("Input is not of type EntityRecognizer")
        self.recognizers.append(recognizer)

    def remove_recognizer(self, recognizer_name: str, language: str | None = None) -> None:
        """Removes those of that name, or only those for `language`."""
        self.recognizers = [
            recognizer
            for recognizer in self.recognizers
            if recognizer.name != recognizer_name or language not in (None, recognizer.supported_language)
        ]

    def add_pattern_recognizer_from_dict(self, recognizer_dict: Mapping[str, Any]) -> None:
        """Adds a `PatternRecognizer` from a mapping of its fields, one for each of its languages."""
        for fields in _by_language(dict(recognizer_dict), []):
            self.add_recognizer(PatternRecognizer.from_dict(fields))

    def add_recognizers_from_yaml(self, yml_path: str | os.PathLike[str]) -> None:
        """Adds the recognizers of one of Presidio's files: `type: custom` (the default here) and `predefined`.

        One with `enabled: false` is passed over; `global_regex_flags` of the file hold for its custom ones. A
        predefined one that has no counterpart is passed over with a warning. Raises `InvalidInput` naming the file,
        the recognizer and the reason for anything else that is not understood, and `OSError` as `open` does.
        """
        try:
            self.add_recognizers_from_config(_read(yml_path))
        except InvalidInput as error:
            raise InvalidInput(f"{yml_path}: {error}") from None

    def add_recognizers_from_config(self, content: Mapping[str, Any]) -> None:
        """The same for a file's content."""
        if unknown := set(content) - _FILE_KEYS:
            raise InvalidInput(f"unknown keys: {', '.join(sorted(map(str, unknown)))}")
        flags = content.get("global_regex_flags", self.global_regex_flags)
        languages = content.get("supported_languages") or self.supported_languages
        countries = content.get("supported_countries")
        for entry in content["recognizers"]:
            for recognizer in _from_entry(entry, flags=flags, languages=list(languages)):
                code = recognizer.country_code()
                if countries is None or code is None or code in {country.lower() for country in countries}:
                    self.add_recognizer(recognizer)

    def get_recognizers(
        self,
        language: str,
        entities: Sequence[str] | None = None,
        all_fields: bool = False,
        ad_hoc_recognizers: Iterable[EntityRecognizer] | None = None,
    ) -> list[EntityRecognizer]:
        """Those for texts in `language` that find one of `entities`, or with `all_fields` anything.

        An entity that none finds is warned about. Raises `InvalidInput` when nothing is left, unless what was asked
        for is something that Presidio would find.
        """
        if language is None:
            raise InvalidInput("No language provided")
        if entities is None and not all_fields:
            raise InvalidInput("No entities provided")
        serving = [r for r in (*self.recognizers, *(ad_hoc_recognizers or ())) if r.supports(language)]
        if all_fields:
            found = serving
        else:
            asked = set(entities or ())
            found = [recognizer for recognizer in serving if asked & set(recognizer.supported_entities)]
            missing = asked.difference(*(recognizer.supported_entities for recognizer in found))
            for entity in sorted(missing):
                _log.warning("no recognizer finds %s in texts in language %s: it will not be found", entity, language)
            if missing and missing <= PRESIDIO_ENTITIES:
                return found
        if not found:
            raise InvalidInput("No matching recognizers were found to serve the request.")
        return found

    def get_supported_entities(self, languages: Iterable[str] | None = None) -> list[str]:
        """The names of what the recognizers find, sorted."""
        serving = (
            self.recognizers
            if languages is None
            else [r for language in languages for r in self.get_recognizers(language, all_fields=True)]
        )
        return sorted({entity for recognizer in serving for entity in recognizer.supported_entities})

    def get_country_codes(self) -> list[str]:
        """The countries that the recognizers are for, sorted."""
        return sorted({code for recognizer in self.recognizers if (code := recognizer.country_code())})


def _read(path: str | os.PathLike[str]) -> dict[str, Any]:
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidInput(f"it is not YAML: {error}") from None
    if not isinstance(content, dict) or not isinstance(content.get("recognizers"), list):
        raise InvalidInput("it must have a list 'recognizers'")
    return content


def _from_entry(entry: object, *, flags: int, languages: list[str]) -> list[EntityRecognizer]:
    if isinstance(entry, str):
        entry = {"name": entry, "type": "predefined"}
    if not isinstance(entry, dict):
        raise InvalidInput(f"a recognizer must be a mapping, not {entry!r}")
    fields = dict(entry)
    name = fields.get("class_name") or fields.get("name")
    if not fields.pop("enabled", True):
        return []
    has_content = any(fields.get(key) for key in ("patterns", "deny_list"))
    kind = fields.pop("type", "custom" if has_content else "predefined")
    if kind not in ("custom", "predefined"):
        raise InvalidInput(f"recognizer {name!r}: its type must be custom or predefined, not {kind!r}")
    if kind == "custom":
        fields.setdefault("global_regex_flags", flags)
        return [PatternRecognizer.from_dict(one) for one in _by_language(fields, languages)]
    if name not in ENTITIES and name != OWN_NAME:
        _log.warning("the predefined recognizer %s has no counterpart: nothing is looked for in its place", name)
        return []
    known = {key: fields[key] for key in ("name", "supported_entities", "score_thresholds") if fields.get(key)}
    if fields.get("supported_entity"):
        known["supported_entities"] = [fields["supported_entity"]]
    recognizer = recognizer_class(name)(**known)
    if not recognizer.supported_entities:
        _log.warning("what the predefined recognizer %s finds is not detected here", name)
        return []
    return [recognizer]


def _by_language(fields: dict[str, Any], languages: list[str]) -> list[dict[str, Any]]:
    """One for each language that is named, with its own context words; all of `languages` when none is."""
    if fields.get("supported_language"):
        if fields.get("supported_languages"):
            raise InvalidInput(f"recognizer {fields.get('name')!r} has both supported_language and supported_languages")
        fields.pop("supported_languages", None)
        return [fields]
    fields.pop("supported_language", None)
    named = fields.pop("supported_languages", None) or languages or ["en"]
    made = []
    for language in named:
        one = dict(fields)
        if isinstance(language, dict):
            one["context"] = language.get("context") or fields.get("context")
            language = language.get("language")
        made.append({**one, "supported_language": language})
    return made


def _is_of(countries: str, wanted: set[str]) -> bool:
    """What is of the European Union or of every country is of any."""
    return countries in ("*", "EU") or bool(wanted & set(countries.lower().replace(",", " ").split()))
