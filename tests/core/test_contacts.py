"""Contacts: what is missing, unknown or too much is told with the words to write."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from groundwork.core.config import sentences
from groundwork.core.contacts import Contact
from groundwork.core.profiles import PROFILES


def problems(given: dict[str, Any]) -> list[str]:
    """Return what is wrong with a contact."""
    with pytest.raises(ValidationError) as error:
        Contact.load(given, PROFILES["dev"])
    return sentences(error.value, "contact", Contact)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "slack", "secret": "alerts"}, "contact: slack needs to: a channel, such as #alerts"),
        (
            {"kind": "slack", "secret": "alerts", "to": "alerts"},
            "contact: to: 'alerts' is not a channel, such as #alerts",
        ),
        (
            {"kind": "slack", "to": "#alerts"},
            "contact: slack needs secret: the name of a Secret with the key url",
        ),
        ({"kind": "pagerduty"}, "contact: pagerduty needs secret: the name of a Secret with the key routing-key"),
        (
            {"kind": "webhook", "secret": "hook", "to": "https://x.example"},
            "contact: webhook takes no to: its Secret says where; leave it out",
        ),
        ({"kind": "email"}, "contact: email needs to: an address, such as team@example.com"),
        ({"kind": "email", "to": "ada"}, "contact: to: 'ada' is not an address, such as team@example.com"),
        ({"kind": "email", "to": "a@b.example", "secret": "x"}, "contact: email takes no secret: leave it out"),
        (
            {"kind": "teams"},
            "contact.kind: must be 'email', 'pagerduty', 'slack' or 'webhook' (got 'teams')",
        ),
        (
            {"kind": "webhook", "secret": "hook", "severities": ["page"]},
            "contact.severities.0: must be 'info', 'warning' or 'critical' (got 'page')",
        ),
        (
            {"kind": "webhook", "secret": "hook", "severities": []},
            "contact: severities: must name at least one of critical, warning, info",
        ),
    ],
)
def test_a_contact_that_cannot_be_reached_is_refused(given: dict[str, Any], message: str) -> None:
    assert problems(given) == [message]


def test_a_secret_is_named_never_given() -> None:
    """A URL that opens a channel would be a secret in a file that everybody reads."""
    (message,) = problems({"kind": "webhook", "secret": "https://hooks.example/T0/B0/x"})
    assert message == (
        "contact.secret: must be a name of an object in Kubernetes: lower case letters, digits, hyphens and dots, "
        "such as git-credentials (got 'https://hooks.example/T0/B0/x')"
    )


def test_a_contact_hears_what_matters() -> None:
    contact = Contact.load({"kind": "pagerduty", "secret": "pager"}, PROFILES["prod"])
    assert contact.severities == ("critical", "warning")
