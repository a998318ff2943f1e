from typing import get_args

import pytest

from tokenfoundry.settings import Settings
from tokenfoundry.settings.formats import FORMATS, FormatName


def provider(text: str):  # type: ignore[no-untyped-def]
    return Settings.from_yaml(f"providers: {{a: {text}}}").providers["a"]


def test_every_format_name_has_its_defaults() -> None:
    assert set(FORMATS) == set(get_args(FormatName))


@pytest.mark.parametrize(
    ("text", "base_url"),
    [
        ("{format: groq, keys: ['env:GROQ_API_KEY']}", "https://api.groq.com/openai/v1"),
        ("{format: openai, keys: ['env:OPENAI_API_KEY']}", "https://api.openai.com/v1"),
        ("{format: openai, base_url: 'http://127.0.0.1:9/v1/'}", "http://127.0.0.1:9/v1"),
        (
            "{format: vertex, keys: ['env:TOKEN'], options: {project: demo, location: europe-west8}}",
            "https://europe-west8-aiplatform.googleapis.com/v1beta1/projects/demo/locations/europe-west8"
            "/publishers/google",
        ),
        (
            "{format: vertex, keys: ['env:TOKEN'], options: {project: demo, location: global}}",
            "https://aiplatform.googleapis.com/v1beta1/projects/demo/locations/global/publishers/google",
        ),
        (
            "{format: vertex, keys: ['env:TOKEN'], options: {project: demo, location: eu}}",
            "https://aiplatform.eu.rep.googleapis.com/v1beta1/projects/demo/locations/eu/publishers/google",
        ),
        (
            "{format: bedrock, keys: ['env:TOKEN'], options: {region: eu-south-1}}",
            "https://bedrock-runtime.eu-south-1.amazonaws.com",
        ),
    ],
)
def test_a_provider_without_an_address_has_that_of_its_format(text: str, base_url: str) -> None:
    assert provider(text).base_url == base_url


def test_an_api_version_that_yaml_reads_as_a_date_is_kept_as_it_was_written() -> None:
    azure = provider(
        "{format: azure, keys: ['env:TOKEN'], base_url: 'https://demo.example.it', options: {api_version: 2024-10-21}}"
    )
    assert azure.options == {"api_version": "2024-10-21"}
