"""One entry of LiteLLM's `model_list`, as a provider and a target, with its limits and its budget."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import urlsplit

from tokenfoundry.compat.litellm.notes import Notes
from tokenfoundry.compat.litellm.vendors import VENDORS, Vendor, vendor_of
from tokenfoundry.networks import network_of

# The cost of a token in dollars, as a rate per million.
_COSTS: Final = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write",
}
_CREDENTIALS: Final = frozenset({"aws_access_key_id", "aws_secret_access_key", "aws_session_token"})
_ROLES: Final = ("aws_role_name", "aws_session_name", "aws_web_identity_token", "aws_sts_endpoint")
_PROFILE: Final = re.compile(r"[A-Za-z0-9_.@+-]{1,128}")
_IDENTITY: Final = frozenset({"id", "db_model", "updated_at", "updated_by", "created_at", "created_by"})
_ENDPOINTS: Final = {"chat": "chat", "completion": "chat", "embedding": "embeddings"}


@dataclass(slots=True)
class Deployment:
    """What became of one entry. `limits` and `budget` are fields of a rate limit and of a budget of its target."""

    group: str
    provider: str
    provider_fields: dict[str, Any]
    model: str
    target_fields: dict[str, Any]
    order: int = 0
    shares: dict[str, float] = field(default_factory=dict)
    """What its share of the calls may be told by: `weight`, `rpm`, `tpm`."""
    limits: dict[str, int] = field(default_factory=dict)
    budget: dict[str, Any] = field(default_factory=dict)


class Fields:
    """The fields of a mapping, each to be taken once; those that nobody took are told of at the end."""

    def __init__(self, values: Mapping[str, Any], path: str, notes: Notes) -> None:
        self._left = {str(name): value for name, value in values.items() if value is not None}
        self.path = path
        self.notes = notes

    def take(self, name: str, default: Any = None) -> Any:
        """The value of that field, out of the environment where it says so: `os.environ/NAME` is `${NAME}`."""
        value = self._left.pop(name, default)
        reference = variable_of(value)
        return value if reference is None else f"${{{reference}}}"

    def take_raw(self, name: str) -> Any:
        return self._left.pop(name, None)

    def note(self, name: str, why: str) -> None:
        self.notes.add(f"{self.path}.{name}", why)

    def number(self, name: str, *, at_least: int = 1) -> int | None:
        """A whole number; one that is none is told of."""
        value = self.take(name)
        if value is None:
            return None
        if isinstance(value, bool) or not re.fullmatch(r"\d{1,15}(\.0+)?", str(value)) or int(float(value)) < at_least:
            self.note(name, f"{value!r} is no whole number of at least {at_least}")
            return None
        return int(float(value))

    def share(self, name: str) -> float | None:
        """A number of at least 0; one that is none is told of."""
        value = self.take(name)
        if value is None:
            return None
        if isinstance(value, bool) or not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", str(value)):
            self.note(name, f"{value!r} is no number from 0 to 999999")
            return None
        return float(value)

    def rest(self, why: str) -> None:
        """Tells of every field that was not taken."""
        for name in list(self._left):
            self.note(name, why)
        self._left.clear()


def variable_of(value: Any) -> str | None:
    """The variable in `os.environ/NAME`; None for anything else."""
    found = re.fullmatch(r"os\.environ/([A-Za-z_][A-Za-z0-9_]*)", value) if isinstance(value, str) else None
    return found[1] if found else None


def read_deployment(entry: Mapping[str, Any], path: str, notes: Notes) -> Deployment | None:
    """The entry as ours; None, and a note, for one that has no counterpart."""
    top = Fields(entry, path, notes)
    group = str(top.take("model_name", ""))
    params = Fields(_mapping(top.take("litellm_params")), f"{path}.litellm_params", notes)
    info = Fields(_mapping(top.take("model_info")), f"{path}.model_info", notes)
    top.rest("is not known")
    model, custom = str(params.take("model", "")), params.take("custom_llm_provider")
    found = vendor_of(model, custom)
    if "*" in group or "*" in model:
        notes.add(path, f"{group}: names with * have no counterpart: state each model that is to be served")
        return None
    if found is None or not group:
        notes.add(path, f"{group or model}: the provider of {custom or model!r} is not known here: state it by hand")
        return None
    name, model = found
    vendor = VENDORS[name]
    provider = _provider(name, vendor, params)
    target: dict[str, Any] = {"model": model, **_target(params, info, provider)}
    made = Deployment(group, name, provider, model, target, order=params.number("order", at_least=0) or 0)
    made.limits = _stated(rpm=params.number("rpm"), tpm=params.number("tpm"), concurrent=_concurrent(params))
    made.budget = budget_of(params)
    made.shares = {name: made.limits[name] for name in ("rpm", "tpm") if name in made.limits}
    if (weight := params.share("weight")) is not None:
        made.shares["weight"] = weight
    for name in ("tags", "max_retries", "mock_response", "drop_params"):
        if params.take_raw(name) is not None:
            params.note(name, "has no counterpart")
    params.rest("is not sent with every call: state it in the call")
    info.rest("is not needed, or has no counterpart")
    return made


def _concurrent(params: Fields) -> int | None:
    return params.number("max_parallel_requests")


def _provider(name: str, vendor: Vendor, params: Fields) -> dict[str, Any]:
    base_url = params.take("api_base") or params.take("base_url")
    params.take("base_url")
    format_ = vendor.format
    if format_ == "openai" and base_url and "api.openai.com" not in base_url:
        format_ = "openai_compatible"
    fields: dict[str, Any] = {"format": format_}
    address = base_url or vendor.base_url
    if address:
        address = str(address).rstrip("/")
        has_suffix = not base_url or not vendor.suffix or address.endswith(vendor.suffix)
        fields["base_url"] = address if has_suffix else address + vendor.suffix
    elif format_ in ("azure", "openai_compatible"):
        params.note("api_base", "is missing, so the address stands in the variable of that name")
        fields["base_url"] = f"${{{name.upper()}_API_BASE}}"
    if key := _key(name, vendor, params, is_own=bool(base_url) and format_ == "openai_compatible"):
        fields["keys"] = [key]
    if options := _options(format_, params):
        fields["options"] = options
    if timeouts := _timeouts(params):
        fields["timeout_s"] = timeouts
    return fields


def _key(name: str, vendor: Vendor, params: Fields, *, is_own: bool) -> str | None:
    stated = params.take_raw("api_key")
    if vendor.format == "vertex":
        return _google_key(params)
    if vendor.format == "bedrock" and stated is None:
        return _aws_key(vendor, params)
    variable = variable_of(stated)
    if variable is not None:
        return f"env:{variable}"
    if stated is None:
        return f"env:{vendor.key}" if vendor.key and not is_own else None
    if str(stated).strip().lower() in ("", "none", "empty", "dummy", "fake-key", "anything"):
        return None
    # The key itself goes nowhere: not into the new file, not into a note.
    variable = vendor.key or f"{name.upper()}_API_KEY"
    params.note("api_key", f"stands in the file itself: put it into the variable {variable}")
    return f"env:{variable}"


def _aws_key(vendor: Vendor, params: Fields) -> str:
    """Whose credentials sign: those of the place, which botocore finds as LiteLLM does, unless the file has its own."""
    signed = {name: value for name in _CREDENTIALS if (value := params.take_raw(name)) is not None}
    profile = params.take_raw("aws_profile_name")
    for name in _ROLES:
        if params.take_raw(name) is not None:
            params.note(name, "state a profile that assumes it: keys: [aws:PROFILE]")
    if any(variable_of(value) != name.upper() for name, value in signed.items()):
        what = "<access key id>:<secret access key>" + (":<session token>" if "aws_session_token" in signed else "")
        params.note("aws_access_key_id", f"put {what} into the variable {vendor.key}")
        return f"env:{vendor.key}"
    if isinstance(profile, str) and _PROFILE.fullmatch(profile):
        return f"aws:{profile}"
    if profile is not None:
        params.note("aws_profile_name", "state the name of the profile itself: keys: [aws:PROFILE]")
    return "aws"


def _google_key(params: Fields) -> str:
    """Whose tokens are used: those of the place, or of a service account's file."""
    credentials = params.take_raw("vertex_credentials")
    if isinstance(credentials, str) and credentials.startswith("/"):
        return f"google:{credentials}"
    if credentials is not None and variable_of(credentials) != "GOOGLE_APPLICATION_CREDENTIALS":
        params.note("vertex_credentials", "put them into a file of their own: keys: [google:/PATH/OF/IT]")
    return "google"


def _options(format_: str, params: Fields) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if format_ == "azure":
        options = _stated(api_version=params.take("api_version"))
        if params.take_raw("azure_ad_token"):
            params.note("azure_ad_token", "is a key of ours: put the token where the key is kept")
            options["auth"] = "entra"
    elif format_ == "openai":
        options = _stated(organization=params.take("organization"))
    elif format_ == "vertex":
        project = params.take("vertex_project")
        location = params.take("vertex_location") or params.take("region_name")
        options = {"project": project or "${VERTEXAI_PROJECT}", "location": location or "${VERTEXAI_LOCATION}"}
    elif format_ == "bedrock":
        region = params.take("aws_region_name") or params.take("region_name")
        options = {"region": region or "${AWS_REGION_NAME}"}
    return options


def _timeouts(params: Fields) -> dict[str, float]:
    """LiteLLM's `timeout` is of the whole call, `stream_timeout` until a stream begins."""
    timeouts: dict[str, float] = {}
    for name, ours in (("timeout", "total"), ("stream_timeout", "first_byte")):
        value = params.take(name)
        if value is None:
            continue
        if re.fullmatch(r"\d{1,5}(\.\d+)?", str(value)) and float(value) > 0:
            timeouts[ours] = float(value)
        else:
            params.note(name, f"{value!r} is no number of seconds")
    return timeouts


def _target(params: Fields, info: Fields, provider: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    mode = info.take("mode")
    if mode in _ENDPOINTS:
        fields["endpoints"] = [_ENDPOINTS[mode]]
    elif mode is not None:
        info.note("mode", f"{mode}: say what the target serves by its endpoints")
    region = params.take("region_name")
    if region is not None:
        fields["region"] = region
    most = info.number("max_output_tokens") or info.number("max_tokens")
    info.take("max_tokens")
    if most is not None:
        fields["max_output_tokens"] = most
    holds = info.number("max_input_tokens")
    if holds is not None:
        fields["context_tokens"] = holds + (most or 0)
    price = _price(params, info)
    if price is None and _is_ones_own(str(provider.get("base_url", ""))):
        price = {"input": "0", "output": "0", "currency": "USD"}
        info.note("input_cost_per_token", "is not stated for a node of one's own, so it costs nothing, as in LiteLLM")
    if price is not None:
        fields["price"] = price
    base = info.take("base_model")
    if base is not None and price is None:
        info.note("base_model", f"{base}: is not looked up: state the price of this target by hand")
    for name in _IDENTITY:
        info.take_raw(name)
    return fields


def _price(params: Fields, info: Fields) -> dict[str, str] | None:
    rates: dict[str, str] = {}
    for name, ours in _COSTS.items():
        from_info, value = info.take(name), params.take(name)
        value = from_info if value is None else value
        if value is None:
            continue
        try:
            rates[ours] = format((Decimal(str(value)) * 1_000_000).normalize(), "f")
        except InvalidOperation:
            params.note(name, f"{value!r} is no number")
    if not rates:
        return None
    return {"input": "0", "output": "0", **rates, "currency": "USD"}


def _is_ones_own(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    if host in ("localhost", "host.docker.internal") or host.endswith(".local"):
        return True
    try:
        return network_of(host).is_private
    except ValueError:
        return bool(host) and "." not in host and not host.startswith("$")


def budget_of(fields: Fields) -> dict[str, Any]:
    """`max_budget` and `budget_duration`, in dollars, as fields of a budget; empty when there is none."""
    most, duration = fields.take("max_budget"), fields.take("budget_duration")
    if most is None:
        if duration is not None:
            fields.note("budget_duration", "says how long a max_budget lasts, and there is none")
        return {}
    try:
        hard = format(Decimal(str(most)).normalize(), "f")
    except InvalidOperation:
        fields.note("max_budget", f"{most!r} is no amount")
        return {}
    return {"unit": "money", "window": window_of(duration, fields), "hard": hard}


def window_of(duration: Any, fields: Fields) -> dict[str, Any]:
    """LiteLLM's duration as a window. Days, weeks and months begin at midnight of UTC, as there."""
    if duration is None:
        return {"kind": "lifetime"}
    known = {"1d": "daily", "24h": "daily", "7d": "weekly", "1w": "weekly", "30d": "monthly", "1mo": "monthly"}
    if (kind := known.get(str(duration))) is not None:
        return {"kind": kind}
    found = re.fullmatch(r"(\d{1,6})([smhdw])", str(duration))
    if found is None:
        fields.note("budget_duration", f"{duration!r} has no counterpart: the budget lasts for ever, choose a window")
        return {"kind": "lifetime"}
    unit, count = found[2], int(found[1])
    length = f"{count * 7}d" if unit == "w" else f"{count}{unit}"
    fields.note("budget_duration", f"{duration}: counts the time just gone, and does not begin anew at a fixed hour")
    return {"kind": "rolling", "length": length}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _stated(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
