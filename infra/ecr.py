"""Container images of one's own, and copies of public ones, on ECR."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

import pulumi_aws as aws
from pydantic import AfterValidator, Field, PositiveInt, field_validator

from groundwork.core.config import Config
from groundwork.core.contracts import ImageRegistry, Statement
from groundwork.core.errors import StackError
from groundwork.core.naming import join
from infra._aws import AwsComponent
from infra._eks_cluster import EksCluster
from infra._policies import allow

# Short name in ECR -> the registry's name in an image's reference, the address that ECR fetches from, and whether that
# wants credentials: https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-creating-rule.html
_UPSTREAMS = {
    "public.ecr.aws": ("public", "public.ecr.aws", False),
    "quay.io": ("quay", "quay.io", False),
    "registry.k8s.io": ("k8s", "registry.k8s.io", False),
    "docker.io": ("hub", "registry-1.docker.io", True),
    "ghcr.io": ("ghcr", "ghcr.io", True),
}
_PREFIX_LIMIT = 30
_NAME = re.compile(r"[a-z0-9]+([._/-][a-z0-9]+)*")
_SECRET = re.compile(r"ecr-pullthroughcache/[\w+=.@/-]+-[A-Za-z0-9]{6}")
_ACCOUNT = re.compile(r"\d{12}")
_UNTAGGED_DAYS = 14


def _repository_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a repository; an example is training/vision")
    return name


class RepositorySettings(Config):
    """One repository."""

    keep_images: PositiveInt = Field(default=100, description="tagged images; older ones go")
    mutable: bool = Field(default=False, description="whether a tag may be given to another image")


class EcrConfig(Config):
    """What a stack file may say under `ecr:`."""

    repositories: dict[Annotated[str, AfterValidator(_repository_name)], RepositorySettings] = Field(
        default_factory=dict, description="of one's own images, by name"
    )
    caches: tuple[str, ...] = Field(
        default=("public.ecr.aws", "quay.io", "registry.k8s.io"),
        description="public registries whose images are fetched once and kept; docker.io, ghcr.io need `credentials`",
    )
    credentials: dict[str, str] = Field(
        default_factory=dict,
        description="registry -> secret of AWS Secrets Manager with the keys username and accessToken: the end of its "
        "ARN, ecr-pullthroughcache/<name>-<six characters>",
    )
    pull_accounts: tuple[str, ...] = Field(
        default=(), description="other accounts that may pull from the repositories, such as production's"
    )
    keep_copies_days: PositiveInt = Field(
        default=90, description="days after which a copy goes; it is fetched anew when it is asked for"
    )

    @field_validator("caches")
    @classmethod
    def _known(cls, caches: tuple[str, ...]) -> tuple[str, ...]:
        for registry in caches:
            if registry not in _UPSTREAMS:
                raise ValueError(f"{registry!r} cannot be cached; valid: {', '.join(sorted(_UPSTREAMS))}")
        if len(set(caches)) != len(caches):
            raise ValueError("a registry is there twice")
        return caches

    @field_validator("credentials")
    @classmethod
    def _secrets(cls, credentials: dict[str, str]) -> dict[str, str]:
        for registry, secret in credentials.items():
            if not _SECRET.fullmatch(secret):
                raise ValueError(
                    f"{registry}: {secret!r} is no secret that ECR reads: give the end of its ARN, such as "
                    "ecr-pullthroughcache/docker-hub-AbC123"
                )
        return credentials

    @field_validator("pull_accounts")
    @classmethod
    def _accounts(cls, accounts: tuple[str, ...]) -> tuple[str, ...]:
        for account in accounts:
            if not _ACCOUNT.fullmatch(account):
                raise ValueError(f"{account!r} is no account; an example is 111122223333, in quotes")
        return accounts


class Ecr(AwsComponent[EcrConfig]):
    """Repositories that are scanned, encrypted and cleaned up, whose tags stay; and caches of public registries."""

    def build(self, cluster: EksCluster | None) -> ImageRegistry:
        """Make the repositories and the rules of the caches."""
        self._check()
        repositories = {name: f"{self.environment.prefix}/{name}" for name in sorted(self.config.repositories)}
        if repositories:
            key = self.encryption_key("images of the repositories")
            for name, full_name in repositories.items():
                self._repository(name, full_name, self.config.repositories[name], key)
        caches = {registry: self._prefix(registry) for registry in self.config.caches}
        for registry, prefix in caches.items():
            self._cache(registry, prefix)
        if cluster is not None and caches:
            self._let_nodes_fetch(cluster, list(caches.values()))
        suffix = ".cn" if self.partition == "aws-cn" else ""
        return ImageRegistry(
            host=f"{self.account_id}.dkr.ecr.{self.region}.amazonaws.com{suffix}",
            repositories=repositories,
            caches=caches,
        )

    def _check(self) -> None:
        caches, credentials = self.config.caches, self.config.credentials
        problems = [
            f"{self.name}.caches: {registry} gives images only to those who log in: name a secret in "
            f"{self.name}.credentials, or leave it out"
            for registry in caches
            if _UPSTREAMS[registry][2] and registry not in credentials
        ]
        for registry in credentials:
            if registry not in caches:
                problems.append(
                    f"{self.name}.credentials: {registry} is not in {self.name}.caches: {', '.join(caches)}"
                )
            elif not _UPSTREAMS[registry][2]:
                problems.append(f"{self.name}.credentials: {registry} takes none: leave them out")
        if self.account_id in self.config.pull_accounts:
            problems.append(f"{self.name}.pullAccounts: {self.account_id} is this account: leave it out")
        if problems:
            raise StackError(problems)

    def _prefix(self, registry: str) -> str:
        """Return what an environment's copies begin with: one account may have several environments."""
        short = _UPSTREAMS[registry][0]
        return f"{join(self.environment.prefix, limit=_PREFIX_LIMIT - 1 - len(short))}/{short}"

    def _repository(self, name: str, full_name: str, settings: RepositorySettings, key: aws.kms.Key) -> None:
        resource = f"{self.name}-{name.replace('/', '-')}"
        repository = aws.ecr.Repository(
            resource,
            name=full_name,
            image_tag_mutability="MUTABLE" if settings.mutable else "IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": key.arn}],
            tags={"Name": full_name},
            opts=self.stateful(),
        )
        aws.ecr.LifecyclePolicy(
            resource,
            repository=repository.name,
            policy=_lifecycle(
                ("untagged", {"countType": "sinceImagePushed", "countUnit": "days", "countNumber": _UNTAGGED_DAYS}),
                # The parts of an image for several architectures have no tags: counted too, they would push out others.
                (
                    "tagged",
                    {
                        "tagPatternList": ["*"],
                        "countType": "imageCountMoreThan",
                        "countNumber": settings.keep_images,
                    },
                ),
            ),
            # One with images in it is not deleted, and keeps its rules.
            opts=self.child(deleted_with=repository),
        )
        if self.config.pull_accounts:
            aws.ecr.RepositoryPolicy(
                resource,
                repository=repository.name,
                policy=pull_policy(self.partition, self.config.pull_accounts),
                opts=self.child(deleted_with=repository),
            )

    def _cache(self, registry: str, prefix: str) -> None:
        short, address, _ = _UPSTREAMS[registry]
        secret = self.config.credentials.get(registry)
        # What ECR makes by itself for a copy follows this; it is what is public anyway, so ECR's own key will do.
        template = aws.ecr.RepositoryCreationTemplate(
            f"{self.name}-cache-{short}",
            prefix=prefix,
            description=f"copies of images of {registry}",
            applied_fors=["PULL_THROUGH_CACHE"],
            encryption_configurations=[{"encryption_type": "AES256"}],
            # Upstream gives a tag such as 1.2 to each of its patches.
            image_tag_mutability="MUTABLE",
            lifecycle_policy=_lifecycle(
                (
                    "any",
                    {
                        "countType": "sinceImagePushed",
                        "countUnit": "days",
                        "countNumber": self.config.keep_copies_days,
                    },
                )
            ),
            opts=self.child(),
        )
        arn = f"arn:{self.partition}:secretsmanager:{self.region}:{self.account_id}:secret:{secret}"
        aws.ecr.PullThroughCacheRule(
            f"{self.name}-cache-{short}",
            ecr_repository_prefix=prefix,
            upstream_registry_url=address,
            credential_arn=arn if secret else None,
            opts=self.child(depends_on=[template]),
        )

    def _let_nodes_fetch(self, cluster: EksCluster, prefixes: list[str]) -> None:
        """Let nodes have copies made: to pull, which they may already, is not enough for the first one."""
        where = f"arn:{self.partition}:ecr:{self.region}:{self.account_id}:repository"
        aws.iam.RolePolicy(
            f"{self.name}-nodes",
            name=self.environment.cloud_name(self.name, "fetch"),
            role=cluster.node_role_arn.apply(_role_name),
            policy=allow(
                [
                    Statement(
                        ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"],
                        [f"{where}/{prefix}/*" for prefix in prefixes],
                    )
                ]
            ),
            opts=self.child(),
        )


def pull_policy(partition: str, accounts: tuple[str, ...]) -> str:
    """Return the policy that lets other accounts pull, and nothing else."""
    statement = {
        "Sid": "Pull",
        "Effect": "Allow",
        "Principal": {"AWS": [f"arn:{partition}:iam::{account}:root" for account in sorted(accounts)]},
        "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _lifecycle(*rules: tuple[str, dict[str, Any]]) -> str:
    return json.dumps(
        {
            "rules": [
                {
                    "rulePriority": place,
                    "selection": {"tagStatus": which, **count},
                    "action": {"type": "expire"},
                }
                for place, (which, count) in enumerate(rules, start=1)
            ]
        }
    )


def _role_name(arn: str) -> str:
    return arn.rpartition("/")[2]
