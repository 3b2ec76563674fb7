"""Which package index to ask, and which certificates to trust, as pip and uv are set up here.

Standard library only. Credentials in an index URL become a header; they are never printed.
"""

from __future__ import annotations

import base64
import configparser
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from groundwork.sandbox.tools.errors import ToolsError

DEFAULT = "https://pypi.org/simple"


@dataclass(frozen=True)
class Index:
    """A package index.

    Attributes:
        url: without credentials and without a trailing slash.
        configured: the address as it was configured, credentials included; for uv's environment only.
        authorization: the header that it wants, if any.
    """

    url: str
    configured: str
    authorization: str | None

    @property
    def is_default(self) -> bool:
        """Whether it is the one that uv.lock names."""
        return self.url == DEFAULT


def chosen_index(environ: Mapping[str, str], files: Iterable[Path] | None = None) -> Index:
    """Return the index that the environment names, else pip's configuration files, else the default."""
    for variable in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        if environ.get(variable):
            return _parse(environ[variable])
    return _parse(_pip_setting("index-url", pip_files(environ) if files is None else files) or DEFAULT)


def certificates(environ: Mapping[str, str], files: Iterable[Path] | None = None) -> str | None:
    """Return the file of certificate authorities to trust, or None for the system's own."""
    for variable in ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"):
        if environ.get(variable):
            return environ[variable]
    return _pip_setting("cert", pip_files(environ) if files is None else files)


def trust(environ: Mapping[str, str]) -> ssl.SSLContext:
    """Return what verifies a registry's certificate.

    Raises:
        ToolsError: the configured file of certificates cannot be used.
    """
    file = certificates(environ)
    try:
        return ssl.create_default_context(cafile=file)
    except OSError as error:
        raise ToolsError(
            f"The certificates in {file!r} cannot be used: {error.strerror or error}.\n"
            "Set SSL_CERT_FILE (or PIP_CERT) to a file of certificate authorities; then run again."
        ) from error


def pip_files(environ: Mapping[str, str]) -> list[Path]:
    """Return where pip keeps its configuration, the most important first."""
    home = Path(environ.get("HOME", "~")).expanduser()
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    files = [config / "pip" / "pip.conf", home / ".pip" / "pip.conf", Path("/etc/pip.conf")]
    chosen = environ.get("PIP_CONFIG_FILE")
    return [Path(chosen), *files] if chosen else files


def _pip_setting(name: str, files: Iterable[Path]) -> str | None:
    for file in files:
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read(file)
        except (configparser.Error, UnicodeDecodeError):
            continue
        value = parser.get("global", name, fallback="").strip()
        if value:
            return value
    return None


def _parse(configured: str) -> Index:
    parts = urlsplit(configured)
    host = parts.netloc.rpartition("@")[2]
    authorization = None
    if parts.username:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = "Basic " + base64.b64encode(pair.encode()).decode()
    bare = urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
    return Index(bare, configured, authorization)
