"""Examples of the rules over secrets."""

from __future__ import annotations

from dataclasses import replace

from groundwork.policy.example import Example, one
from policies.examples._parts import DEPLOYMENT

_ENV = "spec.template.spec.containers.0.env"
_MAIN = "Deployment ns/app: the container main"
_MAP = one("kubernetes:core/v1:ConfigMap", {"metadata": {"name": "app", "namespace": "ns"}, "data": {"level": "info"}})
_RELEASE = one("kubernetes:helm.sh/v3:Release", {"chart": "app", "values": {"auth": {"user": "app"}}})
_KNOWN = "a-secret-of-the-program"
_TOLD = "holds a secret of the program: pass it in a Secret"

EXAMPLES = [
    Example(
        "no-secrets-in-env",
        DEPLOYMENT,
        _ENV,
        [{"name": "DB_PASSWORD", "value": "hunter2"}],
        f"{_MAIN} has a secret in plain text among its variables: take it from a Secret (env.valueFrom.secretKeyRef)",
    ),
    Example(
        "no-secrets-in-env",
        DEPLOYMENT,
        _ENV,
        [{"name": "DB", "value": "postgresql://app:hunter2@db:5432/app"}],
        f"{_MAIN} has a key or a password inside a variable's text: take it from a Secret (env.valueFrom.secretKeyRef)",
    ),
    Example(
        "no-secrets-in-config-maps",
        _MAP,
        "data",
        {"level": "info", "api-token": "abc"},
        "ConfigMap ns/app: holds what is called a password, token or key: move it to a Secret",
    ),
    *(
        Example(
            "no-secrets-in-env",
            DEPLOYMENT,
            f"spec.template.spec.containers.0.{key}",
            ["serve", "--db.password=hunter2"],
            f"{_MAIN} has a secret in plain text in its {key}: take it from a variable, $(NAME), that a Secret has",
        )
        for key in ("args", "command")
    ),
    Example(
        "no-secrets-in-config-maps",
        _MAP,
        "data",
        {"app.cfg": "sql_alchemy_conn = postgresql://app:hunter2@db/app"},
        "ConfigMap ns/app: holds an address with a password in it: move it to a Secret",
    ),
    Example(
        "no-secrets-in-config-maps",
        _MAP,
        "data",
        {"tls": "-----BEGIN RSA PRIVATE KEY-----\nMII"},
        "ConfigMap ns/app: holds a private key or an AWS key: move it to a Secret",
    ),
    Example(
        "no-secrets-in-values",
        _RELEASE,
        "values.auth",
        {"user": "app", "adminPassword": "hunter2"},
        "Release it: values.auth.adminPassword is a secret in plain text: let the chart take it from a Secret",
    ),
    *(
        Example("secrets-stay-secret", (replace(valid, secrets=(_KNOWN,)),), path, value, f"{where} {_TOLD}")
        for valid, path, value, where in (
            (_RELEASE[0], "values.auth.user", _KNOWN, "Release it: values"),
            (_MAP[0], "data.level", _KNOWN, "ConfigMap ns/app: data"),
            (DEPLOYMENT[0], f"{_ENV}.0.value", _KNOWN, f"{_MAIN}, env,"),
        )
    ),
]
