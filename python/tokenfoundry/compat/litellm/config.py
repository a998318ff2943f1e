"""LiteLLM's `config.yaml` as a configuration of ours.

Source: litellm 1.83, `proxy/_types.py` (`ConfigYAML`, `ConfigGeneralSettings`), `types/router.py` and the arguments of
`router.Router`. What has no counterpart is a note; no field is dropped in silence.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import yaml

from tokenfoundry.compat.litellm.balancing import DEFAULT, Balancing, Named
from tokenfoundry.compat.litellm.deployments import Deployment, Fields, budget_of, read_deployment
from tokenfoundry.compat.litellm.notes import Notes
from tokenfoundry.errors import ConfigError
from tokenfoundry.pricing import PriceBook, prices
from tokenfoundry.settings import Settings
from tokenfoundry.settings.fields import NAME_PATTERN

_SECTIONS = ("model_list", "litellm_settings", "router_settings", "general_settings", "environment_variables")

# Fields with something to be done instead; the rest is said to have no counterpart.
_INSTEAD = {
    "master_key": "make an admin key: tokenfoundry keys create --admin",
    "database_url": "keys, teams and spend of its database are not read: make keys with tokenfoundry keys create",
    "success_callback": "use factory.on_record in a service, or GET /admin/report",
    "failure_callback": "use factory.on_record in a service, or GET /admin/report",
    "callbacks": "use factory.on_record in a service, or GET /admin/report",
    "drop_params": "a field that a provider cannot take is refused or sent on; what only tunes, as seed, is left out",
    "enable_pre_call_checks": "a target whose context is too small is never chosen",
    "content_policy_fallbacks": "a refusal of a provider for what a prompt says is given to the caller",
    "set_verbose": "has no counterpart",
    "routing_strategy_args": "has no counterpart",
    "retry_policy": "resilience.retries counts for every kind of failure that a moment may mend",
    "allowed_fails_policy": "resilience.breaker counts every failure of a target alike",
    "disable_cooldowns": "raise resilience.breaker.failures as far as a target may fail",
    "retry_after": "a provider's own Retry-After is kept; else waits grow, from resilience.retries.base on",
    "max_internal_user_budget": "state consumers.default_budget, and give each key a consumer",
    "default_team_settings": "give each key its workspace and project",
    "alerting": "budgets raise events: factory.on_event, GET /admin/events",
    "max_fallbacks": "every target of a name is tried",
    "redis_host": "limits and the cache are of this process",
    "redis_url": "limits and the cache are of this process",
}


class Imported(NamedTuple):
    """A configuration as YAML with its notes in it, and the notes by themselves."""

    yaml: str
    notes: tuple[str, ...]


def import_config(text: str) -> Imported:
    """The configuration that a LiteLLM proxy's file describes, as far as it can be said. It loads with `Settings`.

    No secret is copied: a key that stands in the file becomes a reference to a variable of the environment. Raises
    `ConfigError` when the text is not such a file.
    """
    try:
        read = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"this is not YAML: {type(error).__name__}") from None
    if not isinstance(read, dict) or not isinstance(read.get("model_list"), list):
        raise ConfigError("this is no configuration of a LiteLLM proxy: it has no model_list")
    return _Import(read).made()


class _Import:
    """One file on its way."""

    def __init__(self, read: Mapping[str, Any]) -> None:
        self._notes = Notes()
        self._read = read
        self._providers: dict[str, dict[str, Any]] = {}
        self._targets: dict[str, dict[str, Any]] = {}
        self._groups: dict[str, list[Named]] = {}
        self._budgets: list[dict[str, Any]] = []
        self._limits: list[dict[str, Any]] = []
        self._settings: dict[str, Any] = {}

    def made(self) -> Imported:
        self._read_models()
        litellm, router, general = (
            Fields(_mapping(self._read.get(name)), name, self._notes)
            for name in ("litellm_settings", "router_settings", "general_settings")
        )
        aliases = self._aliases(router, litellm)
        self._read_cache(litellm)
        self._read_resilience(router, litellm)
        self._read_server(general)
        if budget := budget_of(litellm):
            self._budgets.append({"name": "everything", **budget})
        for section in (litellm, router, general):
            for name, instead in _INSTEAD.items():
                if section.take_raw(name) is not None:
                    section.note(name, instead)
            section.rest("has no counterpart")
        for name in _mapping(self._read.get("environment_variables")):
            self._notes.add(f"environment_variables.{name}", "set it in the environment of the server")
        for name in self._read:
            if name not in _SECTIONS:
                self._notes.add(str(name), "has no counterpart")
        values = {
            "currency": "USD",
            "providers": self._providers,
            "targets": self._targets,
            "aliases": aliases,
            **self._settings,
            **({"budgets": self._budgets} if self._budgets else {}),
            **({"rate_limits": self._limits} if self._limits else {}),
        }
        return self._written(values)

    def _read_models(self) -> None:
        deployments: list[Deployment] = []
        for index, entry in enumerate(self._read["model_list"]):
            made = read_deployment(_mapping(entry), f"model_list[{index}]", self._notes)
            if made is not None:
                deployments.append(made)
        for made in sorted(deployments, key=lambda each: each.order):
            target = self._new_name(made)
            self._targets[target] = {"provider": self._provider(made), **made.target_fields}
            self._groups.setdefault(made.group, []).append((target, made))
            match = {"model": made.model}
            if made.limits:
                self._limit(target, match, made)
            if made.budget:
                self._budgets.append({"name": target, "match": match, **made.budget})

    def _limit(self, target: str, match: Mapping[str, str], made: Deployment) -> None:
        """A limit counts by model: deployments of one model at several places have one, of all together."""
        same = next((limit for limit in self._limits if limit["match"] == match), None)
        if same is None:
            self._limits.append({"name": target, "match": match, **made.limits})
            return
        for name, most in made.limits.items():
            same[name] = same.get(name, 0) + most
        self._notes.add(f"rate_limits.{same['name']}", f"is of all deployments of {made.model} together")

    def _new_name(self, made: Deployment) -> str:
        """A target's name: the group's where it is the only one and fits, else with the provider's and a number."""
        base = re.sub(r"[^A-Za-z0-9._:@-]+", "-", f"{made.group}-{made.provider}").strip("-") or "target"
        name, number = base, 2
        while name in self._targets:
            name, number = f"{base}-{number}", number + 1
        return name

    def _provider(self, made: Deployment) -> str:
        """The name of the provider with these fields; one more where there is none yet."""
        name, number = made.provider, 2
        while self._providers.setdefault(name, made.provider_fields) != made.provider_fields:
            name, number = f"{made.provider}-{number}", number + 1
        return name

    def _aliases(self, router: Fields, litellm: Fields) -> dict[str, Any]:
        strategy = str(router.take("routing_strategy") or DEFAULT)
        balancing = Balancing(strategy, "router_settings.routing_strategy", self._notes)
        fallbacks: dict[str, list[str]] = {group: [] for group in self._groups}
        for section in (router, litellm):
            for name in ("fallbacks", "context_window_fallbacks"):
                for item in section.take(name) or ():
                    for group, others in _mapping(item).items():
                        self._fall_back(fallbacks, f"{section.path}.{name}", str(group), others)
                        if name != "fallbacks":
                            section.note(
                                name, f"{group}: are tried after any failure, not only when a prompt is too long"
                            )
            of_all = section.take_raw("default_fallbacks")
            for group in fallbacks:
                self._fall_back(fallbacks, f"{section.path}.default_fallbacks", group, of_all)
        aliases = {
            group: balancing.use(group, deployments, fallbacks[group]) for group, deployments in self._groups.items()
        }
        for alias, meant in _mapping(router.take("model_group_alias")).items():
            group = str(meant.get("model") if isinstance(meant, Mapping) else meant)
            if group in self._groups:
                aliases[str(alias)] = copy.deepcopy(aliases[group])
            else:
                router.note("model_group_alias", f"{alias}: there is no model {group!r}")
        return {self._fitting(name): use for name, use in aliases.items()}

    def _fall_back(self, fallbacks: dict[str, list[str]], path: str, group: str, others: Any) -> None:
        if not others:
            return
        if group not in fallbacks:
            self._notes.add(path, f"there is no model {group!r}")
            return
        for other in others if isinstance(others, list) else [others]:
            deployments = self._groups.get(str(other))
            if deployments is None:
                self._notes.add(path, f"there is no model {str(other)!r}")
            else:
                fallbacks[group] += [target for target, _ in deployments if target not in fallbacks[group]]

    def _fitting(self, name: str) -> str:
        if re.fullmatch(NAME_PATTERN, name):
            return name
        fitting = re.sub(r"[^A-Za-z0-9._:/@-]+", "-", name).strip("-")[:128] or "model"
        self._notes.add(name, f"is asked for as {fitting}")
        return fitting

    def _read_cache(self, litellm: Fields) -> None:
        """LiteLLM keeps no answers unless it is told to."""
        enabled, params = (
            litellm.take("cache") is True,
            Fields(_mapping(litellm.take("cache_params")), "litellm_settings.cache_params", self._notes),
        )
        cache: dict[str, Any] = {"enabled": enabled}
        ttl_s = params.number("ttl")
        if ttl_s is not None:
            cache["ttl"] = f"{ttl_s}s"
        if (kind := params.take("type")) not in (None, "local", "disk"):
            params.note("type", f"{kind}: answers are kept in the data directory")
        params.rest("has no counterpart")
        self._settings["cache"] = cache

    def _read_resilience(self, router: Fields, litellm: Fields) -> None:
        for section in (litellm, router):
            if (timeout_s := section.number("request_timeout") or section.number("timeout")) is not None:
                for provider in self._providers.values():
                    provider.setdefault("timeout_s", {}).setdefault("total", float(timeout_s))
        retries = router.number("num_retries", at_least=0)
        retries = litellm.number("num_retries", at_least=0) if retries is None else retries
        litellm.take("num_retries")
        fails = router.number("allowed_fails", at_least=0)
        fails = litellm.number("allowed_fails", at_least=0) if fails is None else fails
        cooldown_s = router.number("cooldown_time") or litellm.number("cooldown_time")
        for name in ("allowed_fails", "cooldown_time"):
            litellm.take(name)
        stated: dict[str, Any] = {}
        if retries is not None:
            stated["retries"] = {"most": retries}
        breaker: dict[str, Any] = {}
        if fails is not None:
            breaker["failures"] = fails + 1
            self._notes.add("router_settings.allowed_fails", "counts failures in a row, not those of a minute")
        if cooldown_s is not None:
            # As there, it grows no longer each time.
            breaker |= {"open": f"{cooldown_s}s", "longest_open": f"{cooldown_s}s"}
        if breaker:
            stated["breaker"] = breaker
        if stated:
            self._settings["resilience"] = stated

    def _read_server(self, general: Fields) -> None:
        server: dict[str, Any] = {}
        calls = general.number("global_max_parallel_requests")
        if calls is not None:
            server["max_concurrent"] = calls
        size_mb = general.number("max_request_size_mb")
        if size_mb is not None:
            server["max_body_bytes"] = f"{size_mb}MB"
        each = general.number("max_parallel_requests")
        if each is not None:
            self._limits.append({"name": "each-key", "each": ["key"], "concurrent": each})
        if server:
            self._settings["server"] = server

    def _written(self, values: Mapping[str, Any]) -> Imported:
        body = yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True, width=100)
        variables = dict.fromkeys(re.findall(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", body), "https://example.it")
        self._note_prices(Settings.from_yaml(body, environ=variables))
        notes = tuple(self._notes)
        head = ["# Made from the configuration of a LiteLLM proxy. Money is in USD, as there.", "#"]
        if notes:
            head += ["# To be looked at:", *(f"# - {note}" for note in notes), "#"]
        return Imported("\n".join(head) + "\n" + body, notes)

    def _note_prices(self, settings: Settings) -> None:
        """Tells of every target that no price is known of: it is refused when the file is served."""
        for name, target in settings.targets.items():
            alone = settings.model_copy(update={"targets": {name: target}})
            try:
                PriceBook.from_settings(alone, prices(), at=0)
            except ConfigError:
                self._notes.add(f"targets.{name}", f"no price of {target.model} is known: state it before it is served")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
