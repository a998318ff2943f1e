"""What the page for those who move shows is true."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import yaml

import tokenfoundry
from tokenfoundry.compat.presidio import AnalyzerEngine, RecognizerRegistry

PAGE = (Path(tokenfoundry.__file__).parent / "compat" / "presidio" / "README.md").read_text(encoding="utf-8")
UNKNOWN_COUNTRIES = ("AU_", "CA_", "IN_", "KR_", "NG_", "PH_", "SG_", "TH_", "TR_", "ZA_")


def test_its_code_prints_what_it_says() -> None:
    examples = re.findall(r"```python\n(.*?)```\n\n((?:    [^\n]*\n)+)", PAGE, flags=re.DOTALL)
    assert len(examples) == 2
    for code, printed in examples:
        out = io.StringIO()
        with redirect_stdout(out):
            exec(code, {})
        assert out.getvalue() == re.sub(r"(?m)^    ", "", printed)


def test_its_file_is_read() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    registry = RecognizerRegistry()
    registry.add_recognizers_from_config(yaml.safe_load(example))
    assert registry.get_supported_entities() == ["IBAN_CODE", "ZIP"]


def test_what_it_says_is_not_detected_is_not() -> None:
    found = AnalyzerEngine().get_supported_entities()
    assert not {"LOCATION", "NRP", "ORGANIZATION"} & set(found)
    assert not [name for name in found if name.startswith(UNKNOWN_COUNTRIES)]
