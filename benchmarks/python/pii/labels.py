"""Which name of a detector stands for which entity of the sets. What is not named here is neither right nor wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pii.scoring import Found
from pii.sets import ENTITIES

SCORED = (*ENTITIES, "PERSON")


_SCORED_AS = {
    "DATE_OF_BIRTH": "DATE_TIME",
    "DE_KFZ": "LICENSE_PLATE",
    "UK_VEHICLE_REGISTRATION": "LICENSE_PLATE",
}


def ours(name: str) -> str | None:
    """The entity that a finding of ours is scored as."""
    name = _SCORED_AS.get(name, name)
    return name if name in SCORED else None


@dataclass(frozen=True, slots=True)
class Peer:
    """`names` are its own for the entities it claims; `partial` says of which it claims only some, and which."""

    title: str
    names: dict[str, str]
    partial: dict[str, str]

    @property
    def claims(self) -> frozenset[str]:
        return frozenset(self.names.values())

    def translated(self, findings: Iterable[Found], only: Collection[str]) -> list[Found]:
        """Its findings under our names, but for those that were not asked for."""
        return [Found(self.names[one.entity], one.start, one.end, one.score) for one in findings if one.entity in only]


def _same(entities: Iterable[str]) -> dict[str, str]:
    return {entity: entity for entity in entities}


_PRESIDIO = {
    **_same(
        [
            "EMAIL_ADDRESS",
            "IBAN_CODE",
            "CREDIT_CARD",
            "IT_FISCAL_CODE",
            "IT_VAT_CODE",
            "ES_NIF",
            "ES_NIE",
            "DE_TAX_ID",
            "UK_NINO",
            "UK_NHS",
            "PL_PESEL",
            "US_SSN",
            "PHONE_NUMBER",
            "IP_ADDRESS",
            "MAC_ADDRESS",
            "URL",
            "CRYPTO",
            "DATE_TIME",
        ]
    ),
    "DE_KFZ": "LICENSE_PLATE",
    "UK_VEHICLE_REGISTRATION": "LICENSE_PLATE",
}
_DATAFOG = {
    "EMAIL": "EMAIL_ADDRESS",
    "PHONE": "PHONE_NUMBER",
    "SSN": "US_SSN",
    "CREDIT_CARD": "CREDIT_CARD",
    "IP_ADDRESS": "IP_ADDRESS",
    "DATE": "DATE_TIME",
    "DE_IBAN": "IBAN_CODE",
    "DE_TAX_ID": "DE_TAX_ID",
}
_DATAFOG_SECRETS = dict.fromkeys(["API_KEY", "BEARER_TOKEN", "CREDENTIAL_URI", "JWT", "PRIVATE_KEY"], "SECRET")
_PRESIDIO_PART = {"LICENSE_PLATE": "German and British ones only", "CRYPTO": "Bitcoin only"}
_GERMAN_IBAN = {"IBAN_CODE": "German ones only"}

PEERS = {
    "presidio": Peer(
        "Presidio",
        _PRESIDIO | {"PERSON": "PERSON"},
        _PRESIDIO_PART,
    ),
    "datafog-core": Peer("datafog-core", _DATAFOG | _DATAFOG_SECRETS, _GERMAN_IBAN),
    "datafog": Peer("datafog", _DATAFOG, _GERMAN_IBAN),
}
