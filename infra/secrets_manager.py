"""AWS Secrets Manager: where people keep what this program must not know."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Annotated

import pulumi
import pulumi_aws as aws
from pydantic import AfterValidator, Field

from groundwork.core.config import ByProfile, Config
from groundwork.core.contracts import SecretStore, Statement
from infra._aws import AwsComponent

# As `groundwork.core.references.SecretKey` has them: what cannot be referred to need not be kept.
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_KEY = re.compile(r"[A-Za-z0-9._-]+")


def _declared(secrets: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    problems = []
    for name, keys in secrets.items():
        if not _NAME.fullmatch(name):
            problems.append(f"{name!r} is no name: small letters, digits and hyphens, at most 63; an example is mail")
        if not keys:
            problems.append(f"{name}: say which keys its value will have; an example is [username, password]")
        problems += [
            f"{name}: {key!r} is no key; an example is client-secret" for key in keys if not _KEY.fullmatch(key)
        ]
        problems += [
            f"{name}: the key {key!r} is there twice" for key in sorted({k for k in keys if keys.count(k) > 1})
        ]
    if problems:
        raise ValueError("; ".join(problems))
    return secrets


def _possible(days: int) -> int:
    if 0 < days < 7:
        raise ValueError(f"{days}: Secrets Manager takes 7 to 30, or 0 for none")
    return days


class SecretsManagerConfig(Config):
    """What a stack file may say under `secrets-manager:`; never a value."""

    secrets: Annotated[dict[str, tuple[str, ...]], AfterValidator(_declared)] = Field(
        default_factory=dict,
        description="name -> keys of its value, which people put there themselves: each is made without a value",
    )
    recovery_days: Annotated[int, AfterValidator(_possible), ByProfile("protect", {True: 30, False: 0})] = Field(
        ge=0,
        le=30,
        description="how long a deleted secret can be had back, 7 to 30; 0: gone at once, its name free again",
    )


@dataclass(frozen=True, kw_only=True)
class SecretsManagerStore(SecretStore):
    """The secrets of one environment in AWS Secrets Manager.

    Attributes:
        partition: what ARNs begin with after `arn:`.
        account_id: whose they are.
        key_arn: what encrypts them.
    """

    partition: str
    account_id: str
    key_arn: pulumi.Output[str]

    def reading(self) -> list[Statement]:
        """Return what allows to read the secrets of this environment, and nothing else.

        https://external-secrets.io/v2.9.0/provider/aws-secrets-manager/#iam-policy
        """
        own = f"arn:{self.partition}:secretsmanager:{self.region}:{self.account_id}:secret:{self.prefix}*"
        return [
            Statement(actions=["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], resources=[own]),
            Statement(
                actions=["kms:Decrypt"],
                resources=[self.key_arn],
                conditions={"StringEquals": {"kms:ViaService": f"secretsmanager.{self.region}.amazonaws.com"}},
            ),
        ]


class SecretsManager(AwsComponent[SecretsManagerConfig]):
    """A key for the environment's secrets, and a place for each that is declared.

    People put a value there themselves, as JSON with the declared keys, from a file that they delete afterwards:
    `aws secretsmanager put-secret-value --secret-id groundwork-dev/mail --secret-string file://mail.json`
    """

    single = True

    def build(self) -> SecretsManagerStore:
        """Make them."""
        key = self.encryption_key("secrets that people keep")
        prefix = f"{self.environment.prefix}/"
        for name, keys in self.config.secrets.items():
            self._secret(name, keys, prefix, key)
        return SecretsManagerStore(
            prefix=prefix,
            region=self.region,
            partition=self.partition,
            account_id=self.account_id,
            key_arn=key.arn,
        )

    def _secret(self, name: str, keys: tuple[str, ...], prefix: str, key: aws.kms.Key) -> None:
        secret = aws.secretsmanager.Secret(
            f"{self.name}-{name}",
            name=f"{prefix}{name}",
            description=f"JSON with the keys {', '.join(keys)}",
            kms_key_id=key.arn,
            recovery_window_in_days=self.config.recovery_days,
            opts=self.stateful(),
        )
        aws.secretsmanager.SecretPolicy(
            f"{self.name}-{name}",
            secret_arn=secret.arn,
            policy=_own_account(self.account_id),
            # Refused where it would let in anybody.
            block_public_policy=True,
            opts=self.child(),
        )


def _own_account(account_id: str) -> str:
    statement = {
        "Sid": "OnlyThisAccount",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "secretsmanager:*",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalAccount": account_id}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
