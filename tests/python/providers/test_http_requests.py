"""The bytes of a request."""

from __future__ import annotations

import pytest

from tokenfoundry.providers.formats import WireRequest
from tokenfoundry.providers.http.errors import ConnectFailed
from tokenfoundry.providers.http.request import Origin, Requests


def built(url: str, headers: dict[str, str] | None = None, body: bytes = b"{}", method: str = "POST") -> bytes:
    return Requests().build(WireRequest(url, headers or {}, body, method))[1]


def test_a_request_is_its_line_its_headers_its_length_and_its_body() -> None:
    headers = {"content-type": "application/json", "authorization": "Bearer k"}
    origin, data = Requests().build(WireRequest("https://api.example.it/v1/chat?a=b%20c", headers, b'{"a": 1}'))
    assert origin == Origin("https", "api.example.it", 443)
    assert data == (
        b"POST /v1/chat?a=b%20c HTTP/1.1\r\nhost: api.example.it\r\naccept-encoding: gzip, deflate\r\n"
        b"user-agent: tokenfoundry\r\ncontent-type: application/json\r\nauthorization: Bearer k\r\n"
        b'content-length: 8\r\n\r\n{"a": 1}'
    )


@pytest.mark.parametrize(
    ("url", "origin", "line_and_host"),
    [
        ("http://10.0.0.1:8000", Origin("http", "10.0.0.1", 8000), b"POST / HTTP/1.1\r\nhost: 10.0.0.1:8000\r\n"),
        ("http://h:80/a", Origin("http", "h", 80), b"POST /a HTTP/1.1\r\nhost: h\r\n"),
        ("https://h:80/a", Origin("https", "h", 80), b"POST /a HTTP/1.1\r\nhost: h:80\r\n"),
        ("http://[::1]:9/a", Origin("http", "::1", 9), b"POST /a HTTP/1.1\r\nhost: [::1]:9\r\n"),
        (
            "HTTP://Host.Example/A?x",
            Origin("http", "host.example", 80),
            b"POST /A?x HTTP/1.1\r\nhost: host.example\r\n",
        ),
    ],
)
def test_an_address_is_an_origin_a_host_and_a_target(url: str, origin: Origin, line_and_host: bytes) -> None:
    found, data = Requests().build(WireRequest(url, {}, b""))
    assert found == origin
    assert data.startswith(line_and_host)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://h/a",
        "http:///a",
        "h/a",
        "http://u:p@h/a",
        "http://h:x/a",
        "http://h/a b",
        "http://h/\r\nx: y",
        "http://hé/a",
    ],
)
def test_what_is_no_address_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(ConnectFailed, match="address"):
        built(url)


@pytest.mark.parametrize(
    "headers", [{"x": "a\r\nx-evil: 1"}, {"x": "a\nb"}, {"x": "\x00"}, {"x": "€"}, {"a b": "c"}, {"": "c"}, {"a:": "c"}]
)
def test_a_header_cannot_smuggle_another(headers: dict[str, str]) -> None:
    with pytest.raises(ConnectFailed, match="holds what a header cannot"):
        built("http://h/", headers)


def test_a_header_that_is_refused_is_not_quoted_with_its_value() -> None:
    with pytest.raises(ConnectFailed) as raised:
        built("http://h/", {"authorization": "Bearer secret-key\n"})
    assert "secret" not in str(raised.value)


def test_a_caller_may_state_what_has_a_default_but_not_what_is_ours() -> None:
    stated = {"user-agent": "mine", "accept-encoding": "identity", "host": "other", "content-length": "9"}
    data = built("http://h/", {**stated, "transfer-encoding": "chunked", "connection": "close"})
    assert data == (
        b"POST / HTTP/1.1\r\nhost: h\r\naccept-encoding: identity\r\nuser-agent: mine\r\ncontent-length: 2\r\n\r\n{}"
    )


@pytest.mark.parametrize(("method", "length"), [("GET", b""), ("DELETE", b"content-length: 0"), ("POST", b"h: 0")])
def test_a_request_without_a_body_says_so_unless_it_is_a_get(method: str, length: bytes) -> None:
    data = built("http://h/", {}, b"", method)
    assert length in data
    assert data.endswith(b"\r\n\r\n")
    assert (b"content-length" in data) is (method != "GET")


@pytest.mark.parametrize("method", ["HEAD", "CONNECT", "GET / HTTP/1.1\r\nx: y\r\n\r\nGET"])
def test_methods_whose_replies_would_be_misread_are_refused(method: str) -> None:
    with pytest.raises(ConnectFailed, match="method"):
        built("http://h/", {}, b"", method)


def test_a_head_is_used_again_only_for_the_same_address_method_and_headers() -> None:
    requests = Requests()
    for number in range(1500):  # More than are kept.
        for url, key, method in (("http://a/", "1", "POST"), ("http://a/", "2", "POST"), ("http://b/", "1", "PUT")):
            headers = {"authorization": f"{key}-{number % 700}"}
            _, data = requests.build(WireRequest(url, headers, b"x", method))
            assert data == built(url, headers, b"x", method)


def test_a_head_does_not_follow_a_later_change_of_the_callers_headers() -> None:
    requests = Requests()
    headers = {"authorization": "first"}
    requests.build(WireRequest("http://h/", headers, b""))
    headers["authorization"] = "second"
    assert b"second" in requests.build(WireRequest("http://h/", headers, b""))[1]
