"""Presidio's predefined recognizers by name, each standing for entities of our catalogue.

`from tokenfoundry.compat.presidio.predefined import CreditCardRecognizer` gives the class. They share one detector
and know every language at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, Final

from tokenfoundry.compat.presidio.recognizers import EntityRecognizer, metadata_of
from tokenfoundry.compat.presidio.results import AnalysisExplanation, RecognizerResult
from tokenfoundry.privacy import Detector, Finding, catalogue

OWN_NAME: Final = "TokenFoundryRecognizer"  # Of the entities that Presidio has no recognizer for.

# Presidio's recognizers of names and places all find PERSON here.
_NER = ("SpacyRecognizer", "StanzaRecognizer", "TransformersRecognizer", "HuggingFaceNerRecognizer", "GLiNERRecognizer")

ENTITIES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        **dict.fromkeys(_NER, ("PERSON",)),
        "AbaRoutingRecognizer": ("ABA_ROUTING_NUMBER",),
        "AuAbnRecognizer": ("AU_ABN",),
        "AuAcnRecognizer": ("AU_ACN",),
        "AuMedicareRecognizer": ("AU_MEDICARE",),
        "AuTfnRecognizer": ("AU_TFN",),
        "CaPostalCodeRecognizer": ("CA_POSTAL_CODE",),
        "CaSinRecognizer": ("CA_SIN",),
        "CreditCardRecognizer": ("CREDIT_CARD",),
        "CryptoRecognizer": ("CRYPTO",),
        "DateRecognizer": ("DATE_TIME",),
        "DeBsnrRecognizer": ("DE_BSNR",),
        "DeFuehrerscheinRecognizer": ("DE_FUEHRERSCHEIN",),
        "DeHandelsregisterRecognizer": ("DE_HANDELSREGISTER",),
        "DeHealthInsuranceRecognizer": ("DE_HEALTH_INSURANCE",),
        "DeIdCardRecognizer": ("DE_ID_CARD",),
        "DeKfzRecognizer": ("DE_KFZ",),
        "DeLanrRecognizer": ("DE_LANR",),
        "DePassportRecognizer": ("DE_PASSPORT",),
        "DePlzRecognizer": ("DE_PLZ",),
        "DeSocialSecurityRecognizer": ("DE_SOCIAL_SECURITY",),
        "DeTaxIdRecognizer": ("DE_TAX_ID",),
        "DeTaxNumberRecognizer": ("DE_TAX_NUMBER",),
        "DeVatIdRecognizer": ("DE_VAT_ID",),
        "EmailRecognizer": ("EMAIL_ADDRESS",),
        "EsNieRecognizer": ("ES_NIE",),
        "EsNifRecognizer": ("ES_NIF",),
        "EsPassportRecognizer": ("ES_PASSPORT",),
        "FiPersonalIdentityCodeRecognizer": ("FI_PERSONAL_IDENTITY_CODE",),
        "IbanRecognizer": ("IBAN_CODE",),
        "InAadhaarRecognizer": ("IN_AADHAAR",),
        "InGstinRecognizer": ("IN_GSTIN",),
        "InPanRecognizer": ("IN_PAN",),
        "InPassportRecognizer": ("IN_PASSPORT",),
        "InVehicleRegistrationRecognizer": ("IN_VEHICLE_REGISTRATION",),
        "InVoterRecognizer": ("IN_VOTER",),
        "IpRecognizer": ("IP_ADDRESS",),
        "ItDriverLicenseRecognizer": ("IT_DRIVER_LICENSE",),
        "ItFiscalCodeRecognizer": ("IT_FISCAL_CODE",),
        "ItIdentityCardRecognizer": ("IT_IDENTITY_CARD",),
        "ItPassportRecognizer": ("IT_PASSPORT",),
        "ItVatCodeRecognizer": ("IT_VAT_CODE",),
        "KrBrnRecognizer": ("KR_BRN",),
        "KrDriverLicenseRecognizer": ("KR_DRIVER_LICENSE",),
        "KrFrnRecognizer": ("KR_FRN",),
        "KrPassportRecognizer": ("KR_PASSPORT",),
        "KrRrnRecognizer": ("KR_RRN",),
        "MacAddressRecognizer": ("MAC_ADDRESS",),
        "MedicalLicenseRecognizer": ("MEDICAL_LICENSE",),
        "NgNinRecognizer": ("NG_NIN",),
        "NgVehicleRegistrationRecognizer": ("NG_VEHICLE_REGISTRATION",),
        "NhsRecognizer": ("UK_NHS",),
        "PhPassportRecognizer": ("PH_PASSPORT",),
        "PhTinRecognizer": ("PH_TIN",),
        "PhUmidRecognizer": ("PH_UMID",),
        "PhoneRecognizer": ("PHONE_NUMBER",),
        "PlPeselRecognizer": ("PL_PESEL",),
        "SeOrganisationsnummerRecognizer": ("SE_ORGANISATIONSNUMMER",),
        "SePersonnummerRecognizer": ("SE_PERSONNUMMER",),
        "SgFinRecognizer": ("SG_NRIC_FIN",),
        "SgUenRecognizer": ("SG_UEN",),
        "ThTninRecognizer": ("TH_TNIN",),
        "TrLicensePlateRecognizer": ("TR_LICENSE_PLATE",),
        "TrNationalIdRecognizer": ("TR_NATIONAL_ID",),
        "UkDrivingLicenceRecognizer": ("UK_DRIVING_LICENCE",),
        "UkNinoRecognizer": ("UK_NINO",),
        "UkPassportRecognizer": ("UK_PASSPORT",),
        "UkPostcodeRecognizer": ("UK_POSTCODE",),
        "UkVehicleRegistrationRecognizer": ("UK_VEHICLE_REGISTRATION",),
        "UrlRecognizer": ("URL",),
        "UsBankRecognizer": ("US_BANK_NUMBER",),
        "UsClaimNumberRecognizer": ("US_CLAIM_NUMBER",),
        "UsHealthInsuranceMemberIdRecognizer": ("US_HEALTH_INSURANCE_MEMBER_ID",),
        "UsItinRecognizer": ("US_ITIN",),
        "UsLicenseRecognizer": ("US_DRIVER_LICENSE",),
        "UsMbiRecognizer": ("US_MBI",),
        "UsNpiRecognizer": ("US_NPI",),
        "UsPassportRecognizer": ("US_PASSPORT",),
        "UsPrescriptionNumberRecognizer": ("US_PRESCRIPTION_NUMBER",),
        "UsPriorAuthorizationNumberRecognizer": ("US_PRIOR_AUTHORIZATION_NUMBER",),
        "UsProviderTaxIdRecognizer": ("US_PROVIDER_TAX_ID",),
        "UsReferralNumberRecognizer": ("US_REFERRAL_NUMBER",),
        "UsSsnRecognizer": ("US_SSN",),
        "UuidRecognizer": ("UUID",),
        "ZaCompanyRegistrationRecognizer": ("ZA_COMPANY_REGISTRATION",),
        "ZaDriverLicenseRecognizer": ("ZA_DRIVER_LICENSE",),
        "ZaIdNumberRecognizer": ("ZA_ID_NUMBER",),
        "ZaIncomeTaxNumberRecognizer": ("ZA_INCOME_TAX_NUMBER",),
        "ZaLicensePlateRecognizer": ("ZA_LICENSE_PLATE",),
        "ZaMobileNumberRecognizer": ("ZA_MOBILE_NUMBER",),
        "ZaPassportRecognizer": ("ZA_PASSPORT",),
        "ZaTelephoneNumberRecognizer": ("ZA_TELEPHONE_NUMBER",),
        "ZaTrafficRegisterNumberRecognizer": ("ZA_TRAFFIC_REGISTER_NUMBER",),
        "ZaVatNumberRecognizer": ("ZA_VAT_NUMBER",),
    }
)

# What Presidio finds and this package may not: asked for by name, it is warned about and not found.
PRESIDIO_ENTITIES: Final = frozenset(
    {"LOCATION", "NRP", "ORGANIZATION", *(entity for names in ENTITIES.values() for entity in names)}
)


class CatalogueRecognizer(EntityRecognizer):
    """Entities of the catalogue under a predefined recognizer's name. It serves every language."""

    NAME = OWN_NAME
    FINDS: tuple[str, ...] = ()

    def __init__(
        self,
        supported_language: str = "en",
        supported_entities: Iterable[str] | None = None,
        name: str | None = None,
        score_thresholds: Mapping[str, float] | None = None,
        **unused: Any,
    ) -> None:
        """`unused` are what Presidio's recognizers take to tune themselves: patterns, context, models."""
        wanted = self.FINDS if supported_entities is None else tuple(supported_entities)
        found = [entity for entity in wanted if entity in catalogue()]
        country = found[0].partition("_")[0].lower() if found and catalogue()[found[0]].countries != "*" else None
        super().__init__(
            found, name or self.NAME, supported_language, country_code=country, score_thresholds=score_thresholds
        )

    def supports(self, language: str) -> bool:
        """Every language: what is looked for does not depend on it."""
        return True

    def analyze(self, text: str, entities: Sequence[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        wanted = [entity for entity in self.supported_entities if entity in entities]
        found = detector(tuple(sorted(self.supported_entities))).detect(text, entities=wanted) if wanted else []
        return [self.result(finding) for finding in found]

    def result(self, finding: Finding) -> RecognizerResult:
        """A finding of the detector as this recognizer's."""
        explanation = AnalysisExplanation(
            self.name, finding.score, textual_explanation=f"Detected by `{self.name}`: {finding.reason}"
        )
        score = finding.score
        return RecognizerResult(finding.entity, finding.start, finding.end, score, explanation, metadata_of(self))


@lru_cache(maxsize=16)
def detector(entities: tuple[str, ...]) -> Detector:
    """A detector of these entities, the one made before if it still is at hand."""
    return Detector(entities)


@cache
def recognizer_class(name: str) -> type[CatalogueRecognizer]:
    """The class of a predefined recognizer; `KeyError` if there is none of that name."""
    finds = ENTITIES[name] if name != OWN_NAME else own_entities()
    return type(name, (CatalogueRecognizer,), {"NAME": name, "FINDS": finds, "__module__": __name__})


def own_entities() -> tuple[str, ...]:
    """The entities of the catalogue that Presidio has no recognizer for."""
    return tuple(entity for entity in catalogue() if entity not in PRESIDIO_ENTITIES)


def default_names() -> list[str]:
    """The predefined recognizers that find something here without being named: those of the `default` profile."""
    on = {entity for entity, info in catalogue().items() if info.profile != "strict"}
    names = [name for name, finds in ENTITIES.items() if on & set(finds) and name not in _NER[1:]]
    return [*names, OWN_NAME]


def __getattr__(name: str) -> Any:
    if name in ENTITIES or name == OWN_NAME:
        return recognizer_class(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
