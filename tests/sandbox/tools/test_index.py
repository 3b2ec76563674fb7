"""Rule: the index and the certificates are those that pip and uv use here; passwords are never shown."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from groundwork.sandbox.tools.errors import ToolsError
from groundwork.sandbox.tools.index import certificates, chosen_index, pip_files, trust


def test_without_any_setting_it_is_the_default() -> None:
    index = chosen_index({}, [])
    assert (index.url, index.is_default, index.authorization) == ("https://pypi.org/simple", True, None)


@pytest.mark.parametrize("written", ["https://pypi.org/simple/", "https://pypi.org/simple"])
def test_the_default_is_the_default_however_it_is_written(written: str) -> None:
    assert chosen_index({"PIP_INDEX_URL": written}, []).is_default


def test_uv_comes_before_pip_and_the_environment_before_files(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text("[global]\nindex-url = https://file.example/simple/\ncert = /file.pem\n")
    environ = {
        "UV_DEFAULT_INDEX": "https://uv.example/simple",
        "UV_INDEX_URL": "https://old.example/simple",
        "PIP_INDEX_URL": "https://pip.example/simple",
    }
    chosen = []
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL", None):
        chosen.append(chosen_index(environ, [file]).url)
        environ.pop(name or "", None)
    assert chosen == [
        "https://uv.example/simple",
        "https://old.example/simple",
        "https://pip.example/simple",
        "https://file.example/simple",
    ]


def test_a_configuration_file_that_cannot_be_read_is_no_obstacle(tmp_path: Path) -> None:
    broken = tmp_path / "broken.conf"
    broken.write_text("index-url without a section")
    assert chosen_index({}, [broken, tmp_path / "missing"]).is_default


def test_a_password_goes_into_the_header_and_not_into_the_address() -> None:
    index = chosen_index({"PIP_INDEX_URL": "https://me:p%40ss@index.example:8443/simple/"}, [])
    assert index.url == "https://index.example:8443/simple"
    assert index.authorization == "Basic " + base64.b64encode(b"me:p@ss").decode()


def test_certificates_come_from_the_environment_then_from_pips_file(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text("[global]\ncert = /file.pem\n")
    environ = {"SSL_CERT_FILE": "/ssl.pem", "PIP_CERT": "/pip.pem"}
    assert certificates(environ, [file]) == "/ssl.pem"
    assert certificates({"PIP_CERT": "/pip.pem"}, [file]) == "/pip.pem"
    assert certificates({}, [file]) == "/file.pem"
    assert certificates({}, []) is None


def test_certificates_that_are_not_there_are_named() -> None:
    with pytest.raises(ToolsError) as caught:
        trust({"PIP_CERT": "/no/such.pem"})
    assert str(caught.value) == (
        "The certificates in '/no/such.pem' cannot be used: No such file or directory.\n"
        "Set SSL_CERT_FILE (or PIP_CERT) to a file of certificate authorities; then run again."
    )


def test_pips_files_are_looked_for_where_pip_looks() -> None:
    assert [str(file) for file in pip_files({"HOME": "/home/me", "PIP_CONFIG_FILE": "/x.conf"})] == [
        "/x.conf",
        "/home/me/.config/pip/pip.conf",
        "/home/me/.pip/pip.conf",
        "/etc/pip.conf",
    ]
