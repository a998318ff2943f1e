"""Address ranges: what is one, and who is in it."""

from __future__ import annotations

import pytest

from tokenfoundry.networks import Networks, address_of, network_of


@pytest.mark.parametrize(
    ("address", "network", "inside"),
    [
        ("10.255.0.1", "10.0.0.0/8", True),
        ("11.0.0.1", "10.0.0.0/8", False),
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.8", "192.0.2.7", False),
        ("2001:db8::1", "2001:db8::/32", True),
        ("2001:db9::1", "2001:db8::/32", False),
        ("::ffff:10.1.2.3", "10.0.0.0/8", True),
        ("10.1.2.3", "::ffff:10.0.0.0/104", True),
        ("11.1.2.3", "::ffff:10.0.0.0/104", False),
        ("10.1.2.3", "::/0", False),
        ("::1", "0.0.0.0/0", False),
        ("fe80::1%eth0", "fe80::/10", True),
    ],
)
def test_an_address_is_in_its_ranges_alone(address: str, network: str, inside: bool) -> None:
    assert (address_of(address) in Networks([network])) is inside


@pytest.mark.parametrize("text", ["", "10.0.0.1/8", "10.0.0.0/33", "10.0.0", "localhost", "2001:db8::1/32", "1"])
def test_what_is_no_range_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="such as 10"):
        network_of(text)


@pytest.mark.parametrize("text", ["", "testclient", "10.0.0.1:80", "unknown", " 10.0.0.1"])
def test_what_is_no_address_is_in_no_range(text: str) -> None:
    assert address_of(text) is None
    assert address_of(text) not in Networks(["0.0.0.0/0", "::/0"])
