"""A program of two stacks: a store that holds data can be in either."""

from pathlib import Path

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from groundwork.core import refusal
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.errors import StackError
from groundwork.core.program import run
from groundwork.core.registry import Registry
from infra._aws import aws_provider


class Nothing(Config):
    """No options."""


class Store(Component[Nothing]):
    """A bucket, and the password of those who use it."""

    def build(self) -> None:
        """Make both."""
        bucket = aws.s3.Bucket(
            f"{self.name}-bucket", bucket="moving-data", opts=self.stateful(provider=aws_provider(self.environment))
        )
        random.RandomPassword(f"{self.name}-password", length=20, opts=self.stateful(depends_on=[bucket]))


class Other(Component[Nothing]):
    """Somebody else, of whom nothing is protected."""

    def build(self) -> None:
        """Make a queue."""
        aws.sqs.Queue(f"{self.name}-queue", opts=self.child(provider=aws_provider(self.environment)))


root = Path.cwd() if (Path.cwd() / "Pulumi.yaml").is_file() else Path.cwd().parent
try:
    run(root, registry=Registry({"store": Store, "other": Other}))
except StackError as error:
    refusal.tell(error)
    pulumi.log.error(str(error))
    raise SystemExit(32) from None
