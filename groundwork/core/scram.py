"""What PostgreSQL keeps of a password, made here, so that the password itself never stands in a statement.

A server that logs statements (`log_statement = ddl`) logs `ALTER ROLE … PASSWORD` too, with all that stands in it. A
verifier opens nothing: https://datatracker.ietf.org/doc/html/rfc5803, in the form of
https://www.postgresql.org/docs/17/catalog-pg-authid.html.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode

# PostgreSQL's own number (`scram_iterations`).
_ITERATIONS = 4096


def verifier(password: str, role: str) -> str:
    """Return the SCRAM-SHA-256 verifier of a password, the same each time: a plan without changes shows none.

    Args:
        password: in ASCII, long and random: the salt is made of it.
        role: whose it is; two roles with one password have two verifiers.
    """
    secret = password.encode("ascii")
    salt = hmac.digest(secret, f"salt of {role}".encode(), "sha256")[:16]
    salted = hashlib.pbkdf2_hmac("sha256", secret, salt, _ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${_ITERATIONS}:{_text(salt)}${_text(stored)}:{_text(server)}"


def _text(value: bytes) -> str:
    return b64encode(value).decode()
