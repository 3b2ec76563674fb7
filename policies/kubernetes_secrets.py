"""Rules over secrets: they are in Secrets, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject, items, mapping
from groundwork.policy.terms import (
    ANY_CONTAINER,
    ITSELF,
    OBJECT,
    At,
    Demand,
    Term,
    all_of,
    any_of,
    at,
    demand,
    if_,
    not_,
)
from groundwork.policy.values import texts_of
from policies._releases import RELEASE
from policies.pods import ASKED_FOR, POD_TYPES, containers

_CONFIG = "kubernetes:core/v1:ConfigMap"
# The end of a name says what it holds: TOKEN_URL holds none, and neither does PASSWORD_FILE.
_NAMED = (
    r"(?i:(^|[^a-z])(password|passwd|passphrase|token|secret|"
    r"(access|api|encryption|fernet|private|secret|signing)[_.-]?key)$)"
    # Where words begin with capitals. `existingSecret` is the name of one.
    r"|[a-z0-9](Password|Passwd|Passphrase|Token|ClientSecret|(Access|Api|Encryption|Fernet|Private|Signing)Key)$"
)
# `--secret=app` names one.
_ARGUMENT = (
    r"(?i)^--?([a-z0-9.-]+[.-])?(password|passwd|passphrase|token|(access|api|fernet|private|secret|signing)-?key)="
    r"[^$/]"
)
# In values of charts a name's words begin with capitals, and `existingSecret` is the name of one.
_KEYED = r"([pP]assword|[pP]assphrase|[tT]oken|[cC]lient_?[sS]ecret|([aA]ccess|[aA]pi|[pP]rivate|[fF]ernet)_?[kK]ey)$"
_VARIABLE = r"[._](PASSWORD|PASSWD|PASSPHRASE|TOKEN|SECRET|(ACCESS|API|FERNET|PRIVATE|SECRET)_KEY)$"
_KEY = r"-----BEGIN [A-Z ]*PRIVATE KEY-----|(^|[^A-Z0-9])(AKIA|ASIA)[A-Z0-9]{16}([^A-Z0-9]|$)"
# A template's "{{ password }}" and a reader's "<password>" are none yet.
_IN_URL = r"://[^/:@\s]+:[^$/@\s{<%*][^/@\s]*@"


def _told(value: At) -> Term:
    """A text that is the secret itself, not where it is, nor whether there is one."""
    # "$(NAME)" is another variable, "/run/token" a file, "arn:aws:secretsmanager:..." where AWS keeps it.
    named = any_of(value.one_of("true", "false", "none", "null"), value.matches("^arn:"))
    return all_of(value.matches("^[^$/]"), not_(named))


@RULES.admission(
    "no-secrets-in-env",
    severity="critical",
    controls=("CIS EKS 4.4.1", "AWS FSBP ECS.8"),
    types=(*POD_TYPES, *ASKED_FOR),
)
def no_secrets_in_env() -> Iterator[Demand]:
    """No variable or argument of a container has a secret as its plain value.

    Whoever may look at pods reads it, and so does every tool that stores manifests.
    """
    named = all_of(at("name").matches(_NAMED), _told(at("value")))
    yield demand(
        ANY_CONTAINER,
        at("env").every(not_(named)),
        "has a secret in plain text among its variables: take it from a Secret (env.valueFrom.secretKeyRef)",
    )
    keys = any_of(at("value").matches(_KEY), at("value").matches(_IN_URL))
    yield demand(
        ANY_CONTAINER,
        at("env").every(if_(keys, at("name").matches(_NAMED))),
        "has a key or a password inside a variable's text: take it from a Secret (env.valueFrom.secretKeyRef)",
    )
    truth = ITSELF.matches("=(true|false)$")
    told = any_of(all_of(ITSELF.matches(_ARGUMENT), not_(truth)), ITSELF.matches(_KEY), ITSELF.matches(_IN_URL))
    for key in ("args", "command"):
        yield demand(
            ANY_CONTAINER,
            at(key).every(not_(told)),
            f"has a secret in plain text in its {key}: take it from a variable, $(NAME), that a Secret has",
        )


@RULES.admission("no-secrets-in-config-maps", severity="critical", controls=("CIS EKS 4.4.1",), types=(_CONFIG,))
def no_secrets_in_config_maps() -> Iterator[Demand]:
    """No ConfigMap holds a secret.

    Everybody who may look at the namespace reads it, and it is not encrypted with the Secrets' key.
    """
    named = at("data").any_entry(_NAMED, _told(ITSELF))
    yield demand(OBJECT, not_(named), "holds what is called a password, token or key: move it to a Secret")
    keys = at("data").any_entry("", ITSELF.matches(_KEY))
    yield demand(OBJECT, not_(keys), "holds a private key or an AWS key: move it to a Secret")
    calls = at("data").any_entry("", ITSELF.matches(_IN_URL))
    yield demand(OBJECT, not_(calls), "holds an address with a password in it: move it to a Secret")


@RULES.resource("no-secrets-in-values", severity="critical", controls=("CIS EKS 4.4.1",), types=(RELEASE,))
def no_secrets_in_values(subject: Subject, facts: Facts) -> Iterator[str]:
    """The values of a chart hold no secret.

    They stand in the state, in helm's own record of each revision, and in most of what the chart makes of them.
    """
    for path, value in _texts("values", subject.props.get("values")):
        literal = re.search("^[^$/]", value) and value not in ("true", "false")
        if re.search(f"{_KEY}|{_IN_URL}", value) or (literal and re.search(f"{_KEYED}|{_VARIABLE}", path)):
            yield f"Release {subject.name}: {path} is a secret in plain text: let the chart take it from a Secret"


@RULES.resource(
    "secrets-stay-secret",
    severity="critical",
    controls=("CIS EKS 4.4.1", "Groundwork: secrets are made once and stay secret"),
    types=(*POD_TYPES, _CONFIG, RELEASE),
)
def secrets_stay_secret(subject: Subject, facts: Facts) -> Iterator[str]:
    """What the program knows to be secret reaches the cluster in Secrets alone.

    The engine hides it in its own state, but the cluster shows it to whoever may look at pods, ConfigMaps or releases.
    """
    if not subject.secrets:
        return
    for where, value in _shown(subject):
        if any(text in subject.secrets for text in texts_of(value)):
            yield f"{subject.label}: {where} holds a secret of the program: pass it in a Secret"


def _shown(subject: Subject) -> Iterator[tuple[str, Any]]:
    if subject.type == RELEASE:
        yield "values", subject.props.get("values")
    elif subject.type == _CONFIG:
        yield "data", subject.props.get("data")
    for container in containers(subject):
        for key in ("env", "args", "command"):
            yield f"the container {container.get('name')}, {key},", container.get(key)


def _texts(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Return every text inside values of a chart, and where it is: a variable by its name."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping) and isinstance(value.get("name"), str) and isinstance(value.get("value"), str):
        yield f"{path}.{value['name']}", value["value"]
    elif isinstance(value, Mapping):
        for key, inner in mapping(value).items():
            yield from _texts(f"{path}.{key}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(items(value)):
            yield from _texts(f"{path}.{index}", inner)
