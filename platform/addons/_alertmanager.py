"""Who is told of which alert, in the words of the Prometheus operator's AlertmanagerConfig.

https://prometheus-operator.dev/docs/developer/alerting/ and the kind's schema in `platform/crds/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from groundwork.core.contacts import Contact

WHOSE = "groundwork.example/contacts"
"""The label of an AlertmanagerConfig that says whose contacts these are: a namespace's or the platform's."""

_NOBODY = "nobody"
_TITLE = "[{{ .Status }}] {{ .CommonLabels.alertname }} {{ .CommonLabels.namespace }}"
_TEXT = (
    "{{ range .Alerts }}{{ .Annotations.summary }}\n"
    "{{ with .Annotations.description }}{{ . }}\n{{ end }}"
    "{{ with .Annotations.runbook }}{{ . }}\n{{ end }}"
    "{{ with .Annotations.runbook_url }}{{ . }}\n{{ end }}{{ end }}"
)


def namespace_spec(contacts: Sequence[Contact]) -> dict[str, Any]:
    """Return the spec for a namespace: the operator itself limits it to alerts whose label says this namespace.

    What none of the contacts asks for is told to nobody: they say which severities they want.
    """
    return {
        "receivers": [{"name": _NOBODY}, *_receivers(contacts)],
        "route": {"receiver": _NOBODY, **_pace("4h"), "routes": _routes(contacts)},
    }


def platform_spec(contacts: Sequence[Contact], heartbeat: str | None) -> dict[str, Any]:
    """Return the spec for all that no namespace has a contact for.

    Args:
        heartbeat: a Secret with the key url, which is called as long as all is well: whoever listens there notices
            when it stops, and nobody else could.
    """
    receivers = [{"name": _NOBODY}, *_receivers(contacts)]
    pulse: dict[str, Any] = {"receiver": _NOBODY, "matchers": [_equals("alertname", "Watchdog")]}
    if heartbeat is not None:
        receivers.append({"name": "heartbeat", "webhookConfigs": [{"urlSecret": {"name": heartbeat, "key": "url"}}]})
        pulse |= {"receiver": "heartbeat", "groupWait": "0s", "groupInterval": "1m", "repeatInterval": "5m"}
    silent = {"receiver": _NOBODY, "matchers": [_equals("alertname", "InfoInhibitor")]}
    return {
        "receivers": receivers,
        "route": {"receiver": _NOBODY, **_pace("12h"), "routes": [pulse, silent, *_routes(contacts)]},
        "inhibitRules": [
            _inhibit("critical", "warning|info", ["namespace", "alertname"]),
            _inhibit("warning", "info", ["namespace", "alertname"]),
            {
                "sourceMatch": [_equals("alertname", "InfoInhibitor")],
                "targetMatch": [_equals("severity", "info")],
                "equal": ["namespace"],
            },
        ],
    }


def _pace(repeat: str) -> dict[str, Any]:
    return {
        "groupBy": ["namespace", "alertname"],
        "groupWait": "30s",
        "groupInterval": "5m",
        "repeatInterval": repeat,
    }


def _equals(name: str, value: str) -> dict[str, str]:
    return {"name": name, "matchType": "=", "value": value}


def _inhibit(source: str, target: str, equal: list[str]) -> dict[str, Any]:
    return {
        "sourceMatch": [_equals("severity", source)],
        "targetMatch": [{"name": "severity", "matchType": "=~", "value": target}],
        "equal": equal,
    }


def _names(contacts: Sequence[Contact]) -> list[str]:
    return [f"{contact.kind}-{index}" for index, contact in enumerate(contacts, 1)]


def _routes(contacts: Sequence[Contact]) -> list[dict[str, Any]]:
    return [
        {
            "receiver": name,
            "matchers": [{"name": "severity", "matchType": "=~", "value": "|".join(contact.severities)}],
            # The next contact may want it too.
            "continue": True,
        }
        for name, contact in zip(_names(contacts), contacts, strict=True)
    ]


def _receivers(contacts: Sequence[Contact]) -> list[dict[str, Any]]:
    return [{"name": name, **_channel(contact)} for name, contact in zip(_names(contacts), contacts, strict=True)]


def _channel(contact: Contact) -> dict[str, Any]:
    secret = {"name": contact.secret}
    if contact.kind == "slack":
        place = {"apiURL": {**secret, "key": "url"}, "channel": contact.to}
        return {"slackConfigs": [{**place, "sendResolved": True, "title": _TITLE, "text": _TEXT}]}
    if contact.kind == "pagerduty":
        key = {**secret, "key": "routing-key"}
        return {"pagerdutyConfigs": [{"routingKey": key, "sendResolved": True, "description": _TITLE}]}
    if contact.kind == "webhook":
        return {"webhookConfigs": [{"urlSecret": {**secret, "key": "url"}, "sendResolved": True}]}
    subject = {"headers": [{"key": "Subject", "value": _TITLE}], "text": _TEXT}
    return {"emailConfigs": [{"to": contact.to, "sendResolved": True, **subject}]}
