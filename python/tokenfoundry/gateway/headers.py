"""Every header that the gateway reads or writes, once: the code takes their names from here, and the OpenAPI document
what they mean.

Left out is what belongs to HTTP itself: the type and length of a body, and the connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tokenfoundry.keys import CLIENT_AXES, MAX_AXIS_LENGTH
from tokenfoundry.keys import CONVERSATION as _CONVERSATION
from tokenfoundry.keys import PARENT as _PARENT

# -- read --------------------------------------------------------------------------------------------------------------

AUTHORIZATION: Final = "authorization"
OTHER_KEYS: Final = ("x-api-key", "api-key", "x-goog-api-key")
FORWARDED_FOR: Final = "x-forwarded-for"
CACHE_CONTROL: Final = "cache-control"
ANTHROPIC_VERSION: Final = "anthropic-version"
ANTHROPIC_BETA: Final = "anthropic-beta"


def axis_header(axis: str) -> str:
    """The header that states an axis.

    >>> axis_header("intent")
    'x-tf-intent'
    """
    return f"x-tf-{axis}"


# -- written -----------------------------------------------------------------------------------------------------------

REQUEST_ID: Final = "x-request-id"
ANTHROPIC_REQUEST_ID: Final = "request-id"
COST: Final = "x-tf-cost"
SAVED: Final = "x-tf-saved"
CURRENCY: Final = "x-tf-currency"
CACHE: Final = "x-tf-cache"
ROUTE: Final = "x-tf-route"
TARGET: Final = "x-tf-target"
REGION: Final = "x-tf-region"
FINDINGS: Final = "x-tf-findings"
MAX_TOKENS_FROM: Final = "x-tf-max-tokens-from"
AGE: Final = "age"
RETRY_AFTER: Final = "retry-after"
RETRY_AFTER_MS: Final = "retry-after-ms"
SHOULD_RETRY: Final = "x-should-retry"
RATE_LIMIT: Final = "ratelimit"
RATE_LIMIT_POLICY: Final = "ratelimit-policy"
ALLOW: Final = "allow"


def rate_limit_header(part: str, what: str) -> str:
    """As OpenAI calls it.

    >>> rate_limit_header("remaining", "tokens")
    'x-ratelimit-remaining-tokens'
    """
    return f"x-ratelimit-{part}-{what}"


# -- what they mean ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Header:
    """What one says, and its values as a JSON schema."""

    said: str
    schema: Mapping[str, Any]


_TEXT = {"type": "string"}
_DECIMAL = {"type": "string", "pattern": r"^\d+(\.\d+)?$"}
_COUNT = {"type": "integer", "minimum": 0}
_AXIS = {"type": "string", "minLength": 1, "maxLength": MAX_AXIS_LENGTH, "pattern": r"^[!-~]([ -~]*[!-~])?$"}
_PRINTABLE = {"type": "string", "pattern": r"^[!-~]+$"}

_AXES_SAID = {
    "intent": "What the call is for.",
    "consumer": "Whom it is for.",
    "project": "The project that it is booked on.",
    "env": "The environment that it is made in.",
    "session": "The session that it belongs to.",
}

AXES: Mapping[str, Header] = {
    axis_header(axis): Header(f"{_AXES_SAID[axis]} Refused with a 400 unless the key lets it be stated.", _AXIS)
    for axis in CLIENT_AXES
}
AXES = {
    **AXES,
    axis_header(_CONVERSATION): Header(
        "The conversation that it goes on with: a value keeps its placeholder from call to call. Refused with a 400 "
        "unless the key lets it be stated.",
        _AXIS,
    ),
    axis_header(_PARENT): Header(
        "The id of the call that it is a part of, such as a guardrail of it. Refused with a 400 unless the key lets a "
        "session be stated.",
        _AXIS,
    ),
}

READ: Mapping[str, Header] = {
    **AXES,
    CACHE_CONTROL: Header(
        "What will do of answers that were given before: no-cache, no-store, max-age=60, only-if-cached.", _PRINTABLE
    ),
    FORWARDED_FOR: Header("The client's address. Believed of the configured proxies alone.", _PRINTABLE),
    ANTHROPIC_VERSION: Header("Sent by clients of Anthropic's API, whose shapes lists and errors then have.", _TEXT),
    ANTHROPIC_BETA: Header(
        "Beta features of Anthropic's API, separated by commas.", {"type": "string", "pattern": "^[a-z0-9,-]*$"}
    ),
}

KEYS: Mapping[str, str] = {
    AUTHORIZATION: "Bearer tf_...",
    **dict.fromkeys(OTHER_KEYS, "The key alone, as clients of other APIs send it."),
}

# Of an answer whose cost is known, in the order of a call: none of them stands on a refusal but the first.
ANSWERED: Mapping[str, Header] = {
    REQUEST_ID: Header("The call's id: its entry in the ledger has it too.", _TEXT),
    COST: Header("What the call cost, in units of the currency. A stream's comes with its end.", _DECIMAL),
    SAVED: Header("What it would have cost without the cache, less what it did.", _DECIMAL),
    CURRENCY: Header("The ledger's currency, ISO 4217.", _TEXT),
    CACHE: Header("What was done about the cache.", {"enum": ["hit", "miss", "joined", "partial", "bypass"]}),
    AGE: Header("Seconds since a kept answer was made.", _COUNT),
    ROUTE: Header("The rule that chose the target, or what else did, and the target that was passed over.", _TEXT),
    TARGET: Header("The target that answered.", _TEXT),
    REGION: Header("Where it computes; empty when that is not stated.", _TEXT),
    FINDINGS: Header("How many pieces of personal data were found in the request.", _COUNT),
    MAX_TOKENS_FROM: Header("Where the bound of the output came from, when it is not the caller's own.", _TEXT),
}

_METERED = ("requests", "tokens")

LIMITED: Mapping[str, Header] = {
    **{
        rate_limit_header(part, what): Header(said.format(what), schema)
        for what in _METERED
        for part, said, schema in (
            ("limit", "How many {} the limit with the least left admits at once.", _COUNT),
            ("remaining", "How many {} are left of it.", _COUNT),
            ("reset", "When all {} are left again, such as 6m0s.", _TEXT),
        )
    },
    RATE_LIMIT_POLICY: Header("The limits that count the call (IETF draft-ietf-httpapi-ratelimit-headers-10).", _TEXT),
    RATE_LIMIT: Header("What is left of them.", _TEXT),
}

REFUSED: Mapping[str, Header] = {
    RETRY_AFTER: Header("Whole seconds after which it may be worth trying again.", _COUNT),
    RETRY_AFTER_MS: Header("The same in milliseconds.", _COUNT),
    SHOULD_RETRY: Header("Whether a client library should try again by itself.", {"enum": ["true", "false"]}),
}

OF_ANTHROPIC: Mapping[str, Header] = {ANTHROPIC_REQUEST_ID: Header(f"{REQUEST_ID}, as Anthropic calls it.", _TEXT)}
OF_METHODS: Mapping[str, Header] = {ALLOW: Header("The method that the path takes.", _TEXT)}

WRITTEN: Mapping[str, Header] = {**ANSWERED, **LIMITED, **REFUSED, **OF_ANTHROPIC, **OF_METHODS}
