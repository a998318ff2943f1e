"""What may be done with a finding: Presidio's operators, with its names, parameters and results."""

from __future__ import annotations

import hashlib
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import Enum
from typing import Any

from tokenfoundry.compat.presidio import cipher
from tokenfoundry.compat.presidio.results import InvalidParamError

Params = Mapping[str, Any]

_MIN_SALT_BYTES = 16
_SALT_BYTES = 32
_HASHES = {"sha256": hashlib.sha256, "sha512": hashlib.sha512}


class OperatorType(Enum):
    """Which engine an operator is for."""

    Anonymize = 1
    Deanonymize = 2


class Operator(ABC):
    """Base of operators, yours too: `AnonymizerEngine().add_anonymizer(YourOperator)`."""

    @abstractmethod
    def operate(self, text: str, params: dict[str, Any]) -> str:
        """What stands for `text`. `params` are the configured ones and `entity_type`."""

    @abstractmethod
    def validate(self, params: dict[str, Any]) -> None:
        """Raises `InvalidParamError` for parameters that are wrong."""

    @abstractmethod
    def operator_name(self) -> str:
        """What configurations call it."""

    @abstractmethod
    def operator_type(self) -> OperatorType:
        """Which engine it is for."""


class OperatorConfig:
    """The name of an operator and its parameters.

    >>> OperatorConfig("mask", {"masking_char": "*", "chars_to_mask": 4, "from_end": True}).operator_name
    'mask'
    """

    def __init__(self, operator_name: str, params: dict[str, Any] | None = None) -> None:
        if not operator_name:
            raise InvalidParamError("Invalid input, operator config must contain operator_name")
        self.operator_name = operator_name
        self.params: dict[str, Any] = params or {}

    @classmethod
    def from_json(cls, params: Mapping[str, Any]) -> OperatorConfig:
        """A configuration from JSON, its `type` the operator's name and the rest its parameters."""
        rest = {name: value for name, value in params.items() if name != "type"}
        return cls(params.get("type", ""), rest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OperatorConfig) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]  # Mutable, as Presidio's is.

    def __repr__(self) -> str:
        """The name alone: parameters may hold a key."""
        return f"OperatorConfig({self.operator_name!r})"


class _BuiltIn(Operator):
    NAME = ""
    TYPE = OperatorType.Anonymize

    def validate(self, params: dict[str, Any]) -> None:
        """Nothing is asked of the parameters."""

    def operator_name(self) -> str:
        return self.NAME

    def operator_type(self) -> OperatorType:
        return self.TYPE


class Replace(_BuiltIn):
    """`new_value`, or the entity's name in angle brackets."""

    NAME = "replace"

    def operate(self, text: str, params: dict[str, Any]) -> str:
        value: str | None = params.get("new_value")
        return value or f"<{params.get('entity_type')}>"

    def validate(self, params: dict[str, Any]) -> None:
        value = params.get("new_value")
        if value and not isinstance(value, str):
            raise _wrong_type("new_value", "string")


class Redact(_BuiltIn):
    """Nothing."""

    NAME = "redact"

    def operate(self, text: str, params: dict[str, Any]) -> str:
        return ""


class Keep(_BuiltIn):
    """The text itself."""

    NAME = "keep"

    def operate(self, text: str, params: dict[str, Any]) -> str:
        return text


class DeanonymizeKeep(Keep):
    """The text itself, where the other way is gone."""

    NAME = "deanonymize_keep"
    TYPE = OperatorType.Deanonymize


class Mask(_BuiltIn):
    """`masking_char` in place of the first `chars_to_mask` characters, or of the last ones with `from_end`."""

    NAME = "mask"

    def operate(self, text: str, params: dict[str, Any]) -> str:
        count: int = max(0, min(len(text), params["chars_to_mask"]))
        mask: str = params["masking_char"] * count
        return text[: len(text) - count] + mask if params["from_end"] else mask + text[count:]

    def validate(self, params: dict[str, Any]) -> None:
        kinds: list[tuple[str, type, str]] = [
            ("masking_char", str, "string"),
            ("chars_to_mask", int, "number"),
            ("from_end", bool, "boolean"),
        ]
        for name, kind, called in kinds:
            if params.get(name) is None:
                raise InvalidParamError(f"Expected parameter {name}")
            if params[name] and not isinstance(params[name], kind):
                raise _wrong_type(name, called)
        if len(params["masking_char"]) > 1:
            raise InvalidParamError("Invalid input, masking_char must be a character")


class Hash(_BuiltIn):
    """The SHA-256 or SHA-512 (`hash_type`) of the text and a salt, in hexadecimal.

    `salt` has at least 16 bytes. Without one each value gets a salt of its own that is not kept: equal values then
    have different hashes, and nobody can try values until one fits.
    """

    NAME = "hash"

    def operate(self, text: str, params: dict[str, Any]) -> str:
        salt = params["salt"] if "salt" in params else os.urandom(_SALT_BYTES)
        if isinstance(salt, str):
            salt = salt.encode()
        if not isinstance(salt, bytes) or len(salt) < _MIN_SALT_BYTES:
            raise InvalidParamError(f"Invalid input, salt must have at least {_MIN_SALT_BYTES} bytes")
        return _HASHES[params.get("hash_type", "sha256")](text.encode() + salt).hexdigest()

    def validate(self, params: dict[str, Any]) -> None:
        kind = params.get("hash_type", "sha256")
        if kind not in _HASHES:
            raise InvalidParamError(f"Parameter hash_type value {kind} is not in range of values {list(_HASHES)}")


class Encrypt(_BuiltIn):
    """AES-CBC under `key`, text or bytes of 128, 192 or 256 bits; `Decrypt` turns it back."""

    NAME = "encrypt"

    def operate(self, text: str, params: dict[str, Any]) -> str:
        return cipher.encrypt(_key(params), text)

    def validate(self, params: dict[str, Any]) -> None:
        if len(_key(params)) not in cipher.KEY_BYTES:
            raise InvalidParamError("Invalid input, key must be of length 128, 192 or 256 bits")


class Decrypt(Encrypt):
    """The text that `Encrypt` had, here or in Presidio."""

    NAME = "decrypt"
    TYPE = OperatorType.Deanonymize

    def operate(self, text: str, params: dict[str, Any]) -> str:
        try:
            return cipher.decrypt(_key(params), text)
        except ValueError as error:
            raise InvalidParamError(f"the text cannot be decrypted with this key: {error}") from None


class Custom(_BuiltIn):
    """What the function `lambda` makes of the text."""

    NAME = "custom"

    def operate(self, text: str, params: dict[str, Any]) -> str:
        changed = params["lambda"](text)
        if not isinstance(changed, str):
            raise InvalidParamError("Function return type must be a str")
        return changed

    def validate(self, params: dict[str, Any]) -> None:
        if not callable(params.get("lambda")):
            raise InvalidParamError("New value must be a callable function")


ANONYMIZERS: tuple[type[Operator], ...] = (Custom, Encrypt, Hash, Keep, Mask, Redact, Replace)
DEANONYMIZERS: tuple[type[Operator], ...] = (Decrypt, DeanonymizeKeep)


def _key(params: Params) -> bytes:
    key = params.get("key")
    if key is None:
        raise InvalidParamError("Expected parameter key")
    if isinstance(key, str):
        return key.encode()
    if not isinstance(key, bytes):
        raise _wrong_type("key", "string")
    return key


def _wrong_type(name: str, expected: str) -> InvalidParamError:
    return InvalidParamError(f"Invalid parameter value for {name}. Expecting '{expected}'.")
