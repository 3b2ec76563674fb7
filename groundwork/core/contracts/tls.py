"""Certificates of the cloud's own, which its load balancers show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from groundwork.core.contract import Contract


@dataclass(frozen=True, kw_only=True)
class LoadBalancerCertificates(Contract):
    """Certificates with which the cloud's load balancers end TLS; their keys never leave the cloud.

    Attributes:
        names: certificate -> names that it is for; the star of `*.example.com` stands for one label.
        arns: certificate -> what a load balancer names it by, known once it was issued.
    """

    names: Mapping[str, tuple[str, ...]]
    arns: pulumi.Output[Mapping[str, str]]

    def covering(self, name: str) -> str | None:
        """Return the certificate that is for a name, which may begin with a star; None where none is."""
        fitting = (name, f"*.{name.partition('.')[2]}")
        return next((own for own, names in sorted(self.names.items()) if any(fit in names for fit in fitting)), None)

    def arn_of(self, certificate: str) -> pulumi.Output[str]:
        """Return the ARN of one of `names`."""
        return self.arns.apply(lambda known: known[certificate])
