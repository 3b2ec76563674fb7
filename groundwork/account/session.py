"""Credentials that belong to the account that a stack file names, and to no other."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from groundwork.core.errors import StackError
from groundwork.core.stacks import StackFile

Client = Callable[[str, str], Any]
"""A boto3 client by service and region."""


class AccountError(Exception):
    """AWS did not answer, or as another account."""


def clients() -> Client:
    """Return what makes clients, with the credentials that boto3 finds.

    Raises:
        AccountError: where boto3 is not installed.
    """
    try:
        import boto3
    except ModuleNotFoundError:
        raise AccountError("boto3 is not installed: uv sync --group sandbox") from None

    # To read a service's model takes longer than most calls.
    @cache
    def client(service: str, region: str) -> Any:
        return boto3.client(service, region_name=region)  # type: ignore[call-overload]  # a name that is not literal

    return client


def region_and_account(stacks: list[StackFile]) -> list[tuple[str, str]]:
    """Return each region with its account that the stacks of an environment use.

    Raises:
        StackError: where they use none.
    """
    found = {(s.region, s.account_ids[0]) for s in stacks if s.region is not None and s.account_ids}
    if not found:
        names = ", ".join(stack.name for stack in stacks)
        raise StackError([f"{names}: no `aws:region` and `aws:allowedAccountIds`: there is nothing on AWS"])
    return sorted(found)


def prove(client: Client, region: str, account: str) -> None:
    """Check that the credentials are of that account.

    Raises:
        AccountError: where there are none, or they are of another.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        caller = client("sts", region).get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise AccountError(f"AWS does not know who you are: {error}") from error
    if caller["Account"] != account:
        raise AccountError(
            f"your credentials are {caller['Arn']}, and the stack file allows account {account} alone: "
            "take other credentials (AWS_PROFILE)"
        )
