"""Names for several regions, such as `eu`: what is known before a configuration adds its own.

Members are country codes (ISO 3166-1) and the regions of the large clouds that stand in those countries, by the clouds'
own public lists (AWS "Regions and Availability Zones", Google Cloud "Regions and zones", Azure "Azure regions list").
A cloud's prefix is no proof: eu-west-2 and europe-west2 are in London, eu-central-2 and europe-west6 in Zurich.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

_EU_COUNTRIES = "at be bg cy cz de dk ee es fi fr gr hr hu ie it lt lu lv mt nl pl pt ro se si sk"
_EU_CLOUDS = (
    "eu-central-1 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-3 eusc-de-east-1 "
    "europe-central2 europe-north1 europe-north2 europe-southwest1 europe-west1 europe-west3 europe-west4 europe-west8 "
    "europe-west9 europe-west10 europe-west12 "
    "austriaeast belgiumcentral denmarkeast francecentral francesouth germanynorth germanywestcentral italynorth "
    "northeurope polandcentral spaincentral swedencentral swedensouth westeurope"
)
_US_CLOUDS = (
    "us-east-1 us-east-2 us-west-1 us-west-2 us-gov-east-1 us-gov-west-1 "
    "us-central1 us-east1 us-east4 us-east5 us-south1 us-west1 us-west2 us-west3 us-west4 "
    "centralus eastus eastus2 northcentralus southcentralus westcentralus westus westus2 westus3"
)

GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "eu": (*_EU_COUNTRIES.split(), *_EU_CLOUDS.split()),
        "eea": ("eu", "is", "li", "no", "norwayeast", "norwaywest"),
        "us": tuple(_US_CLOUDS.split()),
    }
)


def expanded(names: Iterable[str], groups: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """Every region that is meant by these names: each itself, and what the groups among them hold.

    >>> sorted(expanded(["nordics"], {"nordics": ("se", "fi")}))
    ['fi', 'nordics', 'se']
    """
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += groups.get(name, ())
    return frozenset(found)
