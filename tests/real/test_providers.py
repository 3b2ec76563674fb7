"""What moves is asked for as before: providers that differ in more than tags are not taken for the same."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from groundwork.real.errors import RealError
from groundwork.real.providers import give_back, lend


def aws(stack: str, **inputs: Any) -> dict[str, Any]:
    tags = json.dumps({"tags": {"groundwork:stack": stack}})
    given = {"region": "eu-west-1", "defaultTags": tags, **inputs}
    urn = f"urn:pulumi:{stack}::demo::pulumi:providers:aws::aws"
    return {"urn": urn, "type": "pulumi:providers:aws", "inputs": given}


def test_the_tags_of_a_stack_are_lent_and_given_back() -> None:
    """Every stack says of its resources whose they are: the engine would move none between two of them."""
    bucket = {"urn": "urn:pulumi:two::demo::aws:s3/bucket:Bucket::aws", "type": "aws:s3/bucket:Bucket"}
    getting = [aws("two"), bucket]
    lent = lend([aws("one")], getting)
    assert getting == [{**aws("two"), "inputs": aws("one")["inputs"]}, bucket]
    give_back(getting, lent)
    assert getting == [aws("two"), bucket]


def test_another_region_or_account_is_refused_by_name() -> None:
    getting = [aws("two", region="eu-central-1", allowedAccountIds='["1"]')]
    before = copy.deepcopy(getting)
    with pytest.raises(RealError) as error:
        lend([aws("one")], getting)
    assert str(error.value) == (
        "Nothing was moved: the stacks' providers are not the same.\n"
        "urn:pulumi:one::demo::pulumi:providers:aws::aws and urn:pulumi:two::demo::pulumi:providers:aws::aws differ in "
        "allowedAccountIds, defaultTags, region"
    )
    assert getting == before


def test_equal_providers_and_those_of_one_stack_alone_are_left_as_they_are() -> None:
    """Of what a cluster's provider is given, the export holds a secret: only the engine can compare it."""
    secret = {
        "urn": "urn:pulumi:two::demo::pulumi:providers:kubernetes::cluster",
        "type": "pulumi:providers:kubernetes",
    }
    one, two = ({**secret, "urn": secret["urn"].replace("two", name)} for name in ("one", "two"))
    getting = [{**two, "inputs": {"kubeconfig": {"ciphertext": "b"}}}]
    assert lend([{**one, "inputs": {"kubeconfig": {"ciphertext": "a"}}}, aws("one")], getting) == {}
    assert getting == [{**two, "inputs": {"kubeconfig": {"ciphertext": "b"}}}]
