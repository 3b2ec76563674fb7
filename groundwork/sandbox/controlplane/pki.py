"""The control plane's own authorities, keys, certificates and token."""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from groundwork.sandbox.controlplane.files import write_private

_VALID = timedelta(days=365)
_RENEW_BEFORE = timedelta(days=14)
_CLOCK_SKEW = timedelta(minutes=5)
MASTERS = "system:masters"
"""The group that no authorizer and no rate limit holds back."""


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Pki:
    """Every file under `folder`; keys are EC P-256, since an RSA key alone would take a tenth of the start."""

    folder: Path

    def pair(self, name: str) -> Pair:
        """Return the files of a certificate."""
        return Pair(self.folder / f"{name}.crt", self.folder / f"{name}.key")

    @property
    def authority(self) -> Pair:
        """Signs servers and clients."""
        return self.pair("ca")

    @property
    def front_proxy_authority(self) -> Pair:
        """Signs only the API server's identity towards aggregated APIs."""
        return self.pair("front-proxy-ca")

    @property
    def service_account_key(self) -> Path:
        """Signs service account tokens."""
        return self.folder / "service-account.key"

    @property
    def token(self) -> Path:
        """The administrator's bearer token, alone on one line."""
        return self.folder / "admin.token"

    @property
    def tokens(self) -> Path:
        """The same token as the API server wants to read it."""
        return self.folder / "tokens.csv"


@dataclass(frozen=True)
class _Leaf:
    name: str
    common_name: str
    groups: tuple[str, ...] = ()
    authority: str = "ca"
    dns: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    @property
    def serves(self) -> bool:
        return bool(self.addresses)


def ensure(folder: Path, service_address: str) -> bool:
    """Make what is missing or ends within two weeks; return whether anything was made.

    All of it is made anew then: half of an old set would not fit half of a new one.

    Args:
        folder: where it lies, 0700.
        service_address: the first address of the service range: where `kubernetes.default.svc` is.
    """
    pki = Pki(folder)
    leaves = _leaves(service_address)
    if _complete(pki, leaves):
        return False
    authorities = {name: _make_authority(pki.pair(name), name) for name in ("ca", "front-proxy-ca")}
    for leaf in leaves:
        _make_leaf(pki.pair(leaf.name), leaf, *authorities[leaf.authority])
    if not pki.service_account_key.exists():  # kept: tokens and what trusts them outlive a certificate
        write_private(pki.service_account_key, _pem(ec.generate_private_key(ec.SECP256R1())))
    if not pki.token.exists():
        write_private(pki.token, secrets.token_urlsafe(32) + "\n")
    write_private(pki.tokens, f'{pki.token.read_text().strip()},admin,admin,"{MASTERS}"\n')
    write_private(folder / "service-address", service_address)
    return True


def _leaves(service_address: str) -> tuple[_Leaf, ...]:
    names = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")
    local = ("127.0.0.1",)
    return (
        _Leaf("apiserver", "kube-apiserver", dns=(*names, "localhost"), addresses=(*local, service_address)),
        _Leaf("components", "kube-components", dns=("localhost",), addresses=local),
        _Leaf("admin", "admin", (MASTERS,)),
        # Not through one service account a controller, as on EKS: that costs a second at each start.
        _Leaf("kube-controller-manager", "system:kube-controller-manager", (MASTERS,)),
        _Leaf("kube-scheduler", "system:kube-scheduler", (MASTERS,)),
        _Leaf("kwok", "groundwork:kwok", (MASTERS,)),
        _Leaf("kubelet-client", "kube-apiserver-kubelet-client", (MASTERS,)),
        _Leaf("front-proxy", "front-proxy-client", authority="front-proxy-ca"),
    )


def _complete(pki: Pki, leaves: tuple[_Leaf, ...]) -> bool:
    pairs = [pki.pair(name) for name in ("ca", "front-proxy-ca", *(leaf.name for leaf in leaves))]
    files = [pki.service_account_key, pki.token, pki.tokens, *(pair.key for pair in pairs)]
    address_file = pki.folder / "service-address"
    if not all(file.exists() for file in (*files, address_file, *(pair.certificate for pair in pairs))):
        return False
    served = next(leaf.addresses[-1] for leaf in leaves if leaf.name == "apiserver")
    if address_file.read_text() != served:
        return False
    soon = datetime.now(UTC) + _RENEW_BEFORE
    return all(_ends(pair.certificate) > soon for pair in pairs)


def _ends(certificate: Path) -> datetime:
    try:
        return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    except ValueError:  # cut off by a full disk or a kill: as good as ended
        return datetime.min.replace(tzinfo=UTC)


def _make_authority(pair: Pair, name: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"groundwork sandbox {name}")])
    certificate = (
        _builder(subject, subject, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    _save(pair, certificate, key)
    return certificate, key


def _make_leaf(pair: Pair, leaf: _Leaf, authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in leaf.groups]
        + [x509.NameAttribute(NameOID.COMMON_NAME, leaf.common_name)]
    )
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if leaf.serves else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = (
        _builder(subject, authority.subject, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
    )
    if leaf.serves:
        alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in leaf.dns]
        alternatives += [x509.IPAddress(ipaddress.ip_address(address)) for address in leaf.addresses]
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    _save(pair, builder.sign(authority_key, hashes.SHA256()), key)


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _save(pair: Pair, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    write_private(pair.key, _pem(key))
    write_private(pair.certificate, certificate.public_bytes(serialization.Encoding.PEM))


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    # Not PKCS 8: from that Kubernetes reads no elliptic curve key for service accounts.
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
