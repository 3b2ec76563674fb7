"""Certificates of AWS Certificate Manager."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import pulumi
import pulumi_aws as aws
from pydantic import AfterValidator, Field, PositiveInt

from groundwork.core.config import Config
from groundwork.core.contracts import HostedZones, LoadBalancerCertificates
from groundwork.core.dns import Zones, domain
from groundwork.core.errors import StackError
from groundwork.core.forms import Label
from infra._aws import AwsComponent

# https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html
NAMES = 10
"""How many names a certificate may have in an account that has not asked for more."""

# https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html: DomainName.
LONGEST = 64
"""Characters of a certificate's first name, at most: it becomes its common name."""

_STAR = "*."


def _certified(value: str) -> str:
    if "*" in value.removeprefix(_STAR):
        raise ValueError(
            f"{value!r}: a star stands for one whole label, the first: *.ml.example.com is for a.ml.example.com, and "
            "not for a.b.ml.example.com"
        )
    domain(value.removeprefix(_STAR))
    return value


class CertificateConfig(Config):
    """One certificate."""

    names: Annotated[tuple[Annotated[str, AfterValidator(_certified)], ...], Field(min_length=1)] = Field(
        description="what it is for, such as ml.example.com and *.ml.example.com; the first is its common name"
    )
    # What a Network Load Balancer takes of what ACM makes:
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/network/tls-listener-certificates.html
    key: Literal["RSA_2048", "EC_prime256v1", "EC_secp384r1"] = Field(
        default="RSA_2048", description="kind of its key; elliptic ones are faster, and not known to very old clients"
    )


class AcmConfig(Config):
    """What a stack file may say under `acm:`."""

    certificates: Annotated[dict[Label, CertificateConfig], Field(min_length=1)] | None = Field(
        default=None, description="name -> certificate; by default one for each public zone and all names in it"
    )
    zones: Zones = Field(
        default_factory=dict,
        description="public domain -> id of its hosted zone in Route 53, besides those that `route53` makes",
    )
    wait_minutes: PositiveInt = Field(
        default=75,
        description="how long to wait for a certificate: it is issued once its zone answers to the whole internet",
    )


class Acm(AwsComponent[AcmConfig]):
    """Certificates for AWS' load balancers, which renew themselves: records in their zones prove the names."""

    def build(self, hosted: HostedZones | None) -> LoadBalancerCertificates:
        """Request them, write what proves the names, and wait until they are issued.

        Raises:
            StackError: for names that no public zone holds, names that are there twice, and without any zone.
        """
        public = () if hosted is None else hosted.public
        zones: dict[str, pulumi.Input[str]] = {
            **({name: hosted.id_of(name) for name in public} if hosted is not None else {}),
            **self.config.zones,
        }
        wanted = self._wanted(zones)
        self._check(wanted, zones, () if hosted is None else hosted.domains)
        requested = {name: self._request(name, certificate) for name, certificate in wanted.items()}
        proofs = self._prove(wanted, requested, zones)
        issued = [
            self._issued(name, requested[name], [proofs[base] for base in _bases(certificate.names)])
            for name, certificate in wanted.items()
        ]
        names = list(wanted)
        return LoadBalancerCertificates(
            names={name: certificate.names for name, certificate in wanted.items()},
            arns=pulumi.Output.all(*(one.certificate_arn for one in issued)).apply(
                lambda arns: dict(zip(names, arns, strict=True))
            ),
        )

    def _wanted(self, zones: Mapping[str, Any]) -> dict[str, CertificateConfig]:
        if self.config.certificates is not None:
            return dict(sorted(self.config.certificates.items()))
        return {zone: CertificateConfig(names=(zone, f"{_STAR}{zone}")) for zone in sorted(zones)}

    def _check(self, wanted: Mapping[str, CertificateConfig], zones: Mapping[str, Any], hosted: Sequence[str]) -> None:
        if not zones:
            raise StackError(
                [
                    f"{self.name}: no zone to prove names in: add route53 with a public zone to this stack, or set "
                    f"{self.name}.zones: {{example.com: Z0123456789ABCDEFGHIJ}}"
                ]
            )
        problems, first = [], dict[str, str]()
        for key, certificate in wanted.items():
            path = f"{self.name}.certificates.{key}.names"
            counted = Counter(certificate.names)
            problems += [f"{path}: {name!r} is there {count} times" for name, count in counted.items() if count > 1]
            for name in counted:
                if (other := first.setdefault(name, key)) != key:
                    problems.append(
                        f"{path}: {name!r} is that of {self.name}.certificates.{other}; a load balancer for it could "
                        "show either"
                    )
            problems += _unproven(path, counted, zones, hosted)
            if len(certificate.names[0]) > LONGEST:
                problems.append(
                    f"{path}: {certificate.names[0]!r} has {len(certificate.names[0])} characters, and the first may "
                    f"have {LONGEST}; begin with a shorter one"
                )
            if len(counted) > NAMES:
                pulumi.log.warn(
                    f"{path}: {len(counted)} names; ACM takes {NAMES} unless the account has a higher quota of "
                    "'Domain names per ACM certificate'",
                    self,
                )
        if problems:
            raise StackError(problems)
        for base in sorted({base for certificate in wanted.values() for base in _bases(certificate.names)}):
            # One account proves a name by one record, whichever certificate asks.
            self.claim(f"who proves the name {base}", f"list all certificates for it under {self.name}, or the other")

    def _request(self, name: str, certificate: CertificateConfig) -> aws.acm.Certificate:
        """Request one; a changed one is made before the old one goes, which a load balancer may still show."""
        return aws.acm.Certificate(
            f"{self.name}-{name}",
            domain_name=certificate.names[0],
            subject_alternative_names=sorted(certificate.names),
            validation_method="DNS",
            key_algorithm=certificate.key,
            tags={"Name": self.environment.cloud_name(f"{self.name}-{name}")},
            opts=self.child(),
        )

    def _prove(
        self,
        wanted: Mapping[str, CertificateConfig],
        requested: Mapping[str, aws.acm.Certificate],
        zones: Mapping[str, pulumi.Input[str]],
    ) -> dict[str, aws.route53.Record]:
        """Write one record a name, which is that of its wildcard too, and of every certificate of this account."""
        asked_by: dict[str, tuple[str, str]] = {}
        for key, certificate in wanted.items():
            for name in certificate.names:
                asked_by.setdefault(name.removeprefix(_STAR), (key, name))
        return {
            base: self._record(base, requested[key].domain_validation_options, name, zones[str(_zone_of(base, zones))])
            for base, (key, name) in sorted(asked_by.items())
        }

    def _record(
        self, base: str, options: pulumi.Output[Sequence[Any]], name: str, zone: pulumi.Input[str]
    ) -> aws.route53.Record:
        proof = options.apply(lambda known: next(option for option in known if option.domain_name == name))
        return aws.route53.Record(
            f"{self.name}-{base}",
            zone_id=zone,
            name=proof.apply(lambda option: str(option.resource_record_name)),
            type="CNAME",
            records=[proof.apply(lambda option: str(option.resource_record_value))],
            ttl=60,
            # Another environment of the account, or a certificate made by hand, may have written the very same.
            allow_overwrite=True,
            opts=self.child(),
        )

    def _issued(
        self, name: str, certificate: aws.acm.Certificate, proofs: Sequence[aws.route53.Record]
    ) -> aws.acm.CertificateValidation:
        return aws.acm.CertificateValidation(
            f"{self.name}-{name}-issued",
            certificate_arn=certificate.arn,
            validation_record_fqdns=[proof.fqdn for proof in proofs],
            opts=self.child(custom_timeouts=pulumi.CustomTimeouts(create=f"{self.config.wait_minutes}m")),
        )


def _bases(names: Sequence[str]) -> list[str]:
    return sorted({name.removeprefix(_STAR) for name in names})


def _zone_of(base: str, zones: Mapping[str, Any]) -> str | None:
    """Return the nearest zone that a name is in."""
    return max((zone for zone in zones if f".{base}".endswith(f".{zone}")), key=len, default=None)


def _unproven(path: str, names: Mapping[str, Any], zones: Mapping[str, Any], hosted: Sequence[str]) -> list[str]:
    """Return what is wrong with names that the whole internet cannot ask for in one of the zones."""
    problems = []
    for name in names:
        base = name.removeprefix(_STAR)
        nearest = _zone_of(base, dict.fromkeys([*zones, *hosted]))
        if nearest is None:
            problems.append(
                f"{path}: {name!r} is in none of the public zones {', '.join(sorted(zones))}; add its zone to route53, "
                f"or its id to {path.partition('.')[0]}.zones"
            )
        elif nearest not in zones:
            problems.append(
                f"{path}: {name!r} is in the private zone {nearest}, where ACM sees no record; only a public zone "
                "proves a name"
            )
    return problems
