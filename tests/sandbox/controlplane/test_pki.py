"""Certificates are made once, made anew as a whole when they must be, and kept secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from groundwork.sandbox.controlplane import pki

ADDRESS = "10.96.0.1"


def test_a_second_start_makes_nothing(tmp_path: Path) -> None:
    assert pki.ensure(tmp_path, ADDRESS)
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    assert not pki.ensure(tmp_path, ADDRESS)
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


@pytest.mark.parametrize("damage", ["missing", "torn", "expiring", "another service range"])
def test_certificates_are_made_anew_but_what_others_hold_is_kept(
    tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pki.ensure(tmp_path, ADDRESS)
    made = pki.Pki(tmp_path)
    kept = [made.token.read_text(), made.service_account_key.read_text()]
    authority = made.authority.certificate.read_text()
    match damage:
        case "missing":
            made.pair("kwok").key.unlink()
        case "torn":
            made.pair("kwok").certificate.write_text("-----BEGIN CERTIFICATE-----\nMII")
        case "expiring":
            monkeypatch.setattr(pki, "_RENEW_BEFORE", pki._VALID * 2)
    assert pki.ensure(tmp_path, "10.100.0.1" if damage == "another service range" else ADDRESS)
    assert made.authority.certificate.read_text() != authority
    assert [made.token.read_text(), made.service_account_key.read_text()] == kept


def test_a_server_certificate_names_where_it_serves_and_a_client_certificate_cannot_serve(tmp_path: Path) -> None:
    pki.ensure(tmp_path, ADDRESS)
    server = x509.load_pem_x509_certificate(pki.Pki(tmp_path).pair("apiserver").certificate.read_bytes())
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", ADDRESS]
    assert "kubernetes.default.svc" in names.get_values_for_type(x509.DNSName)
    client = x509.load_pem_x509_certificate(pki.Pki(tmp_path).pair("admin").certificate.read_bytes())
    purposes = client.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_everything_secret_is_readable_by_this_user_only(tmp_path: Path) -> None:
    pki.ensure(tmp_path, ADDRESS)
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
