"""All questions, one after the other; nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from groundwork.core.judge_input import read_environment
from groundwork.core.project import load_project
from groundwork.real.aws import Place, code_of, place_of, session_of
from groundwork.real.errors import RealError
from groundwork.real.preflight import capacity, cluster, quotas, reservations
from groundwork.real.preflight.answers import Answer, care, good, stop
from groundwork.real.preflight.needs import Needs, needs_of, tunnels_of
from groundwork.testing.whole import record_environment

if TYPE_CHECKING:
    import boto3


def preflight(root: Path, environment: str, reach: cluster.Reach = cluster.reachable) -> list[Answer]:
    """Ask AWS for all that an up of the environment would fail for.

    Args:
        reach: whether a port of a host answers.

    Raises:
        StackError: the stack files are wrong, or are nowhere in AWS.
    """
    project = load_project(root)
    # What is wrong with the stack files is told whoever asks.
    place = place_of(environment, read_environment(project, environment))
    try:
        session = session_of(place)
    except RealError as error:
        return [stop("credentials", str(error), "take other credentials")]
    # To build it takes the most time, and is for nothing where AWS says nothing.
    graph = record_environment(project, environment)
    needs = replace(needs_of(graph, graph.outputs), tunnels=tunnels_of(graph.outputs))
    answers = [good("credentials", f"are of the account {place.account}, in {place.region}")]
    questions: list[tuple[str, Callable[[], Iterator[Answer]]]] = [
        ("API server", lambda: cluster.access(session, needs, reach)),
        ("EKS versions", lambda: cluster.versions(session, needs)),
        ("instance types", lambda: capacity.machine_types(session, needs)),
        ("vCPU quotas", lambda: quotas.vcpu_quotas(session, needs, environment)),
        ("reservations", lambda: reservations.reservations(session, needs)),
        ("spot", lambda: reservations.spot_role(session, needs)),
        ("limits", lambda: capacity.addresses_and_networks(session, needs, environment)),
        ("buckets", lambda: buckets(session, needs, place)),
    ]
    for subject, ask in questions:
        try:
            answers += ask()
        except (BotoCoreError, ClientError) as error:
            answers.append(care(subject, f"cannot be asked: {error}", "let your role read it"))
    return answers


def buckets(session: boto3.Session, needs: Needs, place: Place) -> Iterator[Answer]:
    """Ask whether a bucket's name is free or one's own: names are the whole world's."""
    s3 = session.client("s3")
    taken, elsewhere = [], {}
    for name in needs.buckets:
        try:
            # Somebody else's may let this account in.
            found = s3.head_bucket(Bucket=name, ExpectedBucketOwner=place.account)
            if found.get("BucketRegion", place.region) != place.region:
                elsewhere[name] = found["BucketRegion"]
        except ClientError as error:
            if code_of(error) in ("403", "AccessDenied", "301", "PermanentRedirect"):
                taken.append(name)
            elif code_of(error) not in ("404", "NoSuchBucket"):
                raise
    for name in taken:
        yield stop(f"bucket {name}", "is somebody else's", "give the Pulumi project another name in Pulumi.yaml")
    for name, region in elsewhere.items():
        yield stop(
            f"bucket {name}",
            f"is yours, and in {region}: its name is taken in {place.region} too",
            f"delete it, and wait until its name is free, or go back to {region} (aws:region)",
        )
    if needs.buckets and not taken and not elsewhere:
        yield good("buckets", f"the names of all {len(needs.buckets)} are free, or the buckets yours")
