"""Values that look like somebody's and can be nobody's, to stand for those that were found.

    kind                    what makes it nobody's
    PERSON                  nothing could: common names, joined anew for each word; see `names`
    EMAIL_ADDRESS, URL      a domain that is reserved for examples
    PHONE_NUMBER            a range for films, or one that is assigned to nobody
    IBAN_CODE               valid checks, and a bank that does not exist
    CREDIT_CARD             Luhn's test passed, in a range for tests
    IT_FISCAL_CODE          the right check letter, and a birthplace that does not exist
    IT_VAT_CODE             the right check digit, and a number far above all that were given
    US_SSN                  an area that is never given
    IP_ADDRESS, MAC_ADDRESS the ranges for documentation
    DATE_OF_BIRTH, DATE_TIME another day, some months away

All others have none: a number that passes every check and is certain to be nobody's cannot be made for them, so a
policy that names them is refused. So is a single value for which none can be made (an IBAN of a country that is not
listed, a date in words): it gets a placeholder.

Choices follow from a key, the kind and the value, so that a value has the same surrogate in every request, but where
that stands in the request already: then it gets the next.
"""

from __future__ import annotations

from typing import Final

from tokenfoundry.privacy.surrogates.addresses import email, ip_address, mac_address, url
from tokenfoundry.privacy.surrogates.dates import day
from tokenfoundry.privacy.surrogates.draw import Maker
from tokenfoundry.privacy.surrogates.ibans import iban
from tokenfoundry.privacy.surrogates.numbers import card, fiscal_code, italian_vat, social_security
from tokenfoundry.privacy.surrogates.phones import phone

PERSON: Final = "PERSON"  # Whose surrogates are made word by word.

MAKERS: Final[dict[str, Maker]] = {
    "CREDIT_CARD": card,
    "DATE_OF_BIRTH": day,
    "DATE_TIME": day,
    "EMAIL_ADDRESS": email,
    "IBAN_CODE": iban,
    "IP_ADDRESS": ip_address,
    "IT_FISCAL_CODE": fiscal_code,
    "IT_VAT_CODE": italian_vat,
    "MAC_ADDRESS": mac_address,
    "PHONE_NUMBER": phone,
    "URL": url,
    "US_SSN": social_security,
}
SURROGATES: Final = tuple(sorted((*MAKERS, PERSON)))
