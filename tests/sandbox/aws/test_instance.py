"""What is remembered beside the emulated API, and which start of that API it belongs to."""

from __future__ import annotations

from pathlib import Path

from groundwork.sandbox.standins.aws.provider import AwsProvider
from groundwork.sandbox.standins.aws.settings import AwsSettings
from tests.sandbox.aws.conftest import ACCOUNT, REGION

URN = "urn:pulumi:dev::p::aws:eks/addon:Addon::cni"


def _provider(folder: Path, instance: str) -> AwsProvider:
    provider = AwsProvider(AwsSettings("http://127.0.0.1:9", ACCOUNT, REGION, None, folder))
    provider.belong_to(instance)
    return provider


def test_what_is_remembered_ends_with_the_emulated_api_that_it_belongs_to(tmp_path: Path) -> None:
    """A new start of the emulated API holds nothing, so recorded resources, creates and marks of the last are void."""
    first = _provider(tmp_path, "one")
    first.store.record("a|eu-west-1|b", {"name": "b"})
    first.ledger.mark(URN, "recorded")
    with first.journal.create(URN) as attempt:
        attempt.made("b", {}, region=REGION)
    again = _provider(tmp_path, "one")
    assert again.store.recorded("a|eu-west-1|b") == {"name": "b"}
    assert ([made.id for made in again.journal.unseen()], list(again.ledger.to_json())) == (["b"], [URN])
    another = _provider(tmp_path, "two")
    assert another.store.recorded("a|eu-west-1|b") is None
    assert (another.journal.unseen(), another.ledger.to_json()) == ([], {})
