"""AWS as the user's own credentials reach it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import botocore.session
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    ReadTimeoutError,
)

from groundwork.core.errors import StackError
from groundwork.core.stacks import StackFile
from groundwork.real.errors import RealError

Client = Callable[[str, str], Any]
"""A boto3 client by service and region."""


@dataclass(frozen=True)
class Place:
    """Where an environment is: one account, one region."""

    account: str
    region: str


def place_of(environment: str, stacks: Sequence[StackFile]) -> Place:
    """Return where the stacks of an environment are.

    Raises:
        StackError: they are nowhere in AWS, or in more than one place.
    """
    found = {(stack.account_ids[0], stack.region) for stack in stacks if stack.account_ids and stack.region}
    if not found:
        raise StackError([f"{environment} has nothing in AWS: its stack files name no region and no account"])
    if len(found) > 1:
        named = ", ".join(sorted(f"{account} in {region}" for account, region in found))
        raise StackError([f"the stacks of {environment} are in more than one place: {named}"])
    account, region = found.pop()
    return Place(account, str(region))


def session_of(place: Place) -> boto3.Session:
    """Return a session of the user's own credentials, which are those of the account.

    Raises:
        RealError: there are none, or they are of another account.
    """
    try:
        session = boto3.Session(region_name=place.region)
    except BotoCoreError as error:
        # A profile that does not exist, a file of settings that cannot be read.
        raise _unknown(error) from None
    caller = caller_of(session)
    if caller != place.account:
        raise RealError(
            f"Your credentials are of the account {caller}, and the stack files say {place.account}: choose others, "
            f"such as with AWS_PROFILE{_profiles(session)}. Nothing was changed."
        )
    return session


def clients_of(session: boto3.Session) -> Client:
    """Return what makes clients of a session, each once: to read a service's model takes longer than most calls."""

    @cache
    def client(service: str, region: str) -> Any:
        return session.client(service, region_name=region)  # type: ignore[call-overload]  # a name that is not literal

    return client


def caller_of(session: boto3.Session) -> str:
    """Return the account of a session's credentials (raises `RealError` where there are none that AWS takes)."""
    try:
        return str(session.client("sts").get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        raise _unknown(error) from None


def _unknown(error: BotoCoreError | ClientError) -> RealError:
    """Return what to do where AWS cannot be asked as somebody: it differs by what is wrong."""
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError | ReadTimeoutError | ProxyConnectionError):
        return RealError(f"AWS is not reached from here: {error}. Nothing was changed.")
    if isinstance(error, ProfileNotFound):
        return RealError(f"{error}: AWS_PROFILE names it{_profiles(botocore.session.Session())}. Nothing was changed.")
    if isinstance(error, ConfigParseError):
        return RealError(f"{error}. Nothing was changed.")
    if isinstance(error, NoCredentialsError):
        return RealError(
            "There are no AWS credentials: log in with `aws sso login`, or name a profile with AWS_PROFILE"
            f"{_profiles(botocore.session.Session())}. Nothing was changed."
        )
    return RealError(
        f"AWS does not take your credentials: {str(error).rstrip('.')}. Log in again, such as with `aws sso login`; "
        "`aws sts get-caller-identity` shows who you are. Nothing was changed."
    )


def _profiles(session: boto3.Session | botocore.session.Session) -> str:
    """Return the profiles that there are, as the end of a sentence; nothing where they cannot be read."""
    try:
        names = sorted(session.available_profiles)
    except BotoCoreError:
        return ""
    return f"; there are: {', '.join(names)}" if names else ""


def code_of(error: ClientError) -> str:
    """Return AWS' own code of an error: `NoSuchBucket`, or `404` where there is no more."""
    return str(error.response.get("Error", {}).get("Code", ""))
