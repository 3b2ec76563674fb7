"""Domains, and who answers for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from groundwork.core.contract import Contract


@dataclass(frozen=True, kw_only=True)
class HostedZones(Contract):
    """Domains whose names the platform may write.

    Attributes:
        domains: all of them.
        public: those that the whole internet asks; only in these can a CA see that a domain is ours.
        ids: domain -> id of its zone where it is hosted.
        name_servers: public domain -> who answers for it: what whoever has the domain above must be told.
    """

    domains: tuple[str, ...]
    public: tuple[str, ...]
    ids: pulumi.Output[Mapping[str, str]]
    name_servers: pulumi.Output[Mapping[str, Sequence[str]]]

    def id_of(self, domain: str) -> pulumi.Output[str]:
        """Return the id of the zone of one of `domains`."""
        return self.ids.apply(lambda known: known[domain])
