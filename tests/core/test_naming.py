"""Names are known before anything exists, legal, and different where what they name is."""

from hypothesis import given
from hypothesis import strategies as st

from groundwork.core.naming import is_label, join

_PART = st.from_regex(r"[a-z][a-z0-9]{0,40}", fullmatch=True)


@given(st.lists(_PART, min_size=1, max_size=5), st.integers(20, 63))
def test_names_are_labels_within_their_limit(parts: list[str], limit: int) -> None:
    name = join(*parts, limit=limit)
    assert len(name) <= limit
    assert is_label(name)
    assert join(*parts, limit=limit) == name


def test_long_names_that_begin_alike_differ() -> None:
    assert join("a" * 70, "x") != join("a" * 70, "y")
    assert join("groundwork", "dev") == "groundwork-dev"
