"""What `explain` prints is what the configuration says."""

from __future__ import annotations

import io

from rich.console import Console

from groundwork.core.explain import Explanation, Option
from groundwork.sandbox.report.explanations import of_all, of_one


def _printed(explanation: Explanation) -> str:
    printed = io.StringIO()
    Console(width=160, file=printed).print(of_one(explanation), of_all([explanation]))
    return printed.getvalue()


def test_a_default_that_is_a_list_is_shown() -> None:
    """In brackets it looks like the name of a style, and was swallowed."""
    option = Option(key="executors", kind="list of text", defaults={"": "[kubernetes]"}, description="one of [a, b]")
    text = _printed(
        Explanation(
            name="airflow", summary="Runs [what] it is told.", requires=(), uses=(), provides=None, options=(option,)
        )
    )
    assert "[kubernetes]" in text
    assert "one of [a, b]" in text
    assert "Runs [what] it is told." in text


def test_a_default_names_the_environments_that_share_it() -> None:
    """And a key stands in one line, so that it can be copied."""
    defaults = {"local": "1", "dev": "1", "prod": "3"}
    key = "<name>.reservation.instanceType"
    options = (
        Option(key=key, kind="number", defaults=defaults, description="how many"),
        Option(key="image", kind="text", defaults={"": "required"}, description=""),
    )
    text = _printed(Explanation(name="x", summary="X.", requires=(), uses=(), provides=None, options=options))
    lines = [line.strip() for line in text.splitlines()]
    assert f"{key}   how many" in lines
    assert "number                          default: local, dev: 1; prod: 3" in lines
    assert "image                             required" in lines
