"""What every AWS component shares: one provider, names, partitions, keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import pulumi
import pulumi_aws as aws
from pulumi.runtime.settings import get_monitor

from groundwork.core.component import AMENDMENTS, Component, Site
from groundwork.core.config import Config
from groundwork.core.environment import Environment
from groundwork.core.errors import StackError
from groundwork.core.regions import partition_of
from infra._keys import logs_key_policy

C = TypeVar("C", bound=Config)

# By the engine's end of the running program: a test runs many programs in one process, one after the other.
_PROVIDERS: WeakKeyDictionary[object, aws.Provider] = WeakKeyDictionary()


def _bounded(environment: Environment, type_: str) -> dict[str, Any]:
    """Give every role the environment's boundary, whichever component makes it."""
    if type_ != "aws:iam/role:Role" or environment.permissions_boundary is None:
        return {}
    return {"permissions_boundary": environment.permissions_boundary}


AMENDMENTS.append(_bounded)


def require_aws(environment: Environment) -> None:
    """Check that the stack says where its AWS resources are.

    Raises:
        StackError: where the stack file has no region or no account.
    """
    problems = []
    if environment.region is None:
        problems.append(f"stack {environment.stack} has AWS resources: set `aws:region`, such as eu-west-1")
    if environment.account_id is None:
        problems.append(
            f"stack {environment.stack} has AWS resources: set `aws:allowedAccountIds` to the one account that it may "
            'touch, such as ["111122223333"]'
        )
    if problems:
        raise StackError(problems)


def region_of(environment: Environment) -> str:
    """Return the region (raises `StackError` where the stack has none)."""
    require_aws(environment)
    return str(environment.region)


def account_of(environment: Environment) -> str:
    """Return the account's id (raises `StackError` where the stack has none)."""
    require_aws(environment)
    return str(environment.account_id)


def aws_provider(environment: Environment) -> aws.Provider:
    """Return the one AWS provider of the running program: this region, this account and no other, tags on everything.

    Raises:
        StackError: where the stack has no region or no account.
    """
    region, account = region_of(environment), account_of(environment)
    program = get_monitor()
    if program not in _PROVIDERS:
        _PROVIDERS[program] = aws.Provider(
            "aws", region=region, allowed_account_ids=[account], default_tags={"tags": environment.tags}
        )
    return _PROVIDERS[program]


def aws_child(parent: Component[Any], *, stateful: bool = False, **options: Any) -> pulumi.ResourceOptions:
    """Return options for an AWS resource that belongs to `parent`, which may be no AWS component itself."""
    options.setdefault("provider", aws_provider(parent.environment))
    return parent.stateful(**options) if stateful else parent.child(**options)


def once(name: str, key: aws.kms.Key) -> pulumi.Output[str]:
    """Return a name that a component never gives again, once it was removed and came back: its key is another then.

    For what stays in AWS when the component goes: a second one of the same name would be refused.
    """
    return key.key_id.apply(lambda id: f"{name}-{id.partition('-')[0]}")


class AwsComponent(Component[C]):
    """A component of AWS resources: its children use the program's one AWS provider."""

    def __init__(self, name: str, config: C, site: Site) -> None:
        require_aws(site.environment)
        super().__init__(name, config, site)

    def child(self, **options: Any) -> pulumi.ResourceOptions:
        """Return options for a child, with the AWS provider unless another is named."""
        options.setdefault("provider", aws_provider(self.environment))
        return super().child(**options)

    @property
    def region(self) -> str:
        """Where the component's resources are."""
        return region_of(self.environment)

    @property
    def account_id(self) -> str:
        """Whose they are."""
        return account_of(self.environment)

    @property
    def partition(self) -> str:
        """What their ARNs begin with after `arn:`."""
        return partition_of(self.region)

    def managed_policy(self, name: str) -> str:
        """Return the ARN of a policy that AWS itself keeps."""
        return f"arn:{self.partition}:iam::aws:policy/{name}"

    def encryption_key(self, purpose: str, *, logs: Sequence[str] = (), outlived: bool = False) -> aws.kms.Key:
        """Make a key of this component's own: the account's IAM decides who may use it, as in AWS's default policy.

        Args:
            purpose: what it encrypts, for people who read a list of keys.
            logs: paths of the log groups that it encrypts; CloudWatch Logs may use it for these alone.
            outlived: copies that it encrypts stay when the component goes, such as a last snapshot: without the key
                nobody could read them, so it stays in the account too.
        """
        protected = self.protected
        key = aws.kms.Key(
            f"{self.name}-key",
            description=f"{self.environment.cloud_name(self.name)}: {purpose}",
            enable_key_rotation=True,
            policy=logs_key_policy(self.partition, self.region, self.account_id, logs) if logs else None,
            # What is encrypted by a deleted key is lost: the longest time to notice, where it matters.
            deletion_window_in_days=30 if protected else 7,
            opts=self.stateful(retain_on_delete=outlived),
        )
        aws.kms.Alias(
            f"{self.name}-key-alias",
            name=f"alias/{self.environment.cloud_name(self.name)}",
            target_key_id=key.key_id,
            opts=self.child(),
        )
        return key

    def log_group(self, name: str, *, path: str, key: aws.kms.Key | None = None) -> aws.cloudwatch.LogGroup:
        """Make a log group before AWS makes one by itself that keeps everything for ever.

        Args:
            key: what encrypts it, made with `logs` that have this path; AWS's own by default.
        """
        return aws.cloudwatch.LogGroup(
            f"{self.name}-{name}",
            name=path,
            retention_in_days=self.environment.profile.log_retention_days,
            kms_key_id=key.arn if key is not None else None,
            opts=self.child(),
        )
