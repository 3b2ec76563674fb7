"""What the tests of policies share."""

from tests.apiserver import api_server

__all__ = ["api_server"]
