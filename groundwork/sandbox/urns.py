"""The parts of a URN, `urn:pulumi:<stack>::<project>::<types>::<name>`."""

from __future__ import annotations


def type_of(urn: str) -> str:
    """Return the type token of a URN: `aws:s3/bucket:Bucket`."""
    return urn.split("::", 3)[2].rpartition("$")[2]


def name_of(urn: str) -> str:
    """Return the name of a URN; it may itself hold `::`."""
    return urn.split("::", 3)[3]


def short_type(token: str) -> str:
    """Return a type's short name: `aws:ec2/vpc:Vpc` is `Vpc`."""
    return token.rpartition(":")[2]
