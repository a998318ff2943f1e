"""Amazon's signatures: the published examples, and botocore's own signer on the same requests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from unittest import mock
from urllib.parse import quote

import pytest
from botocore import auth, awsrequest, credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenfoundry.errors import InvalidInput
from tokenfoundry.providers.sigv4 import Credentials, Scope, signed_headers

# "AWS Signature Version 4 test suite": the same key and instant in every case.
SUITE_KEY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SUITE_MS = int(datetime(2015, 8, 30, 12, 36, tzinfo=UTC).timestamp() * 1000)
SUITE_HOST = "https://example.amazonaws.com"
FORM = {"content-type": "application/x-www-form-urlencoded"}

PUBLISHED = {
    "get-vanilla": (
        ("GET", f"{SUITE_HOST}/", {}, b"", "service"),
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    "get-vanilla-query-order-key-case": (
        ("GET", f"{SUITE_HOST}/?Param2=value2&Param1=value1", {}, b"", "service"),
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    "post-vanilla": (
        ("POST", f"{SUITE_HOST}/", {}, b"", "service"),
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    ),
    "post-x-www-form-urlencoded": (
        ("POST", f"{SUITE_HOST}/", FORM, b"Param1=value1", "service"),
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ),
    "ListUsers of IAM, in the signing guide": (
        (
            "GET",
            "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
            {"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
            b"",
            "iam",
        ),
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_examples_are_signed_as_published(name: str) -> None:
    (method, url, headers, body, service), signature = PUBLISHED[name]
    made = signed_headers(
        SUITE_KEY, Scope("us-east-1", service), method=method, url=url, headers=headers, body=body, now_ms=SUITE_MS
    )
    assert made["authorization"].endswith(f"Signature={signature}")


# No model is called `.` or `..`, which botocore takes out of a path.
MODELS = st.text("abc.:-_~/ é%", min_size=1, max_size=20).filter(lambda name: name.strip("."))


@settings(max_examples=200, deadline=None)
@given(
    model=MODELS,
    body=st.binary(max_size=60),
    session=st.none() | st.text("abcXYZ/+=", min_size=1, max_size=30),
    region=st.sampled_from(["eu-south-1", "us-east-1"]),
    port=st.sampled_from(["", ":443", ":8443"]),
    content_type=st.sampled_from(["application/json", "application/json;  charset=utf-8"]),
    now_ms=st.integers(0, 4_000_000_000_000),
)
def test_botocore_signs_the_same_request_alike(
    model: str, body: bytes, session: str | None, region: str, port: str, content_type: str, now_ms: int
) -> None:
    url = f"https://bedrock-runtime.{region}.amazonaws.com{port}/model/{quote(model, safe='-_.~')}/converse"
    headers = {"content-type": content_type}
    made = signed_headers(
        Credentials("AKIDEXAMPLE", "secret", session),
        Scope(region, "bedrock"),
        method="POST",
        url=url,
        headers=headers,
        body=body,
        now_ms=now_ms,
    )
    assert made["authorization"] == _by_botocore(url, headers, body, session, region, now_ms)["Authorization"]


def _by_botocore(
    url: str, headers: dict[str, str], body: bytes, session: str | None, region: str, now_ms: int
) -> dict[str, Any]:
    request = awsrequest.AWSRequest(method="POST", url=url, headers=headers, data=body)
    signer = auth.SigV4Auth(credentials.Credentials("AKIDEXAMPLE", "secret", session), "bedrock", region)
    now = datetime.fromtimestamp(now_ms // 1000, UTC)
    with mock.patch("botocore.auth.get_current_datetime", return_value=now):
        signer.add_auth(request)
    return dict(request.headers)


@pytest.mark.parametrize("text", ["AKID", "AKID:", ":secret", "a:b:c:d", ""])
def test_a_malformed_key_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(InvalidInput, match="ACCESS:SECRET") as caught:
        Credentials.parse(text)
    assert not text or text not in str(caught.value).replace("ACCESS:SECRET", "")


def test_a_key_does_not_show_its_secret() -> None:
    assert "hidden" not in repr(Credentials.parse("AKID:hidden:hidden2"))
