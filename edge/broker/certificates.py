"""A farm's own certificate authority, and the certificate that it gives to the broker (X.509, ECDSA on P-256)."""

import ipaddress
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ..contract.errors import CooeeError

ITSELF = ("localhost", "127.0.0.1", "::1")
"""What every broker is called by those on its own machine."""
CA_DAYS, BROKER_DAYS = 7300, 1825
"""Devices keep the CA's certificate for 20 years; the broker's own is renewed within 5."""
EARLIER = timedelta(days=1)
"""Devices whose clock is behind take a new certificate at once."""
HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*", re.IGNORECASE)
Name = x509.DNSName | x509.IPAddress


def new_authority(farm: str) -> tuple[str, str]:
    """Certificate and key of a new authority (PEM), which may sign brokers but no authorities."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Cooee {farm} CA")])
    certificate = (
        _begin(name, name, key.public_key(), CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _pem(certificate), _key_pem(key)


def new_certificate(ca_certificate: str, ca_key: str, hosts: Sequence[str]) -> tuple[str, str]:
    """Certificate and key (PEM) of a broker that is reached under `hosts` and on its own machine. CooeeError for what
    is no name of a host, or when the authority's files are damaged."""
    names = [alternative_name(host) for host in dict.fromkeys((*hosts, *ITSELF))]
    try:
        authority = x509.load_pem_x509_certificate(ca_certificate.encode())
        signer = serialization.load_pem_private_key(ca_key.encode(), password=None)
    except ValueError:
        raise CooeeError("ca.crt or ca.key is damaged: restore them from a backup") from None
    if not isinstance(signer, ec.EllipticCurvePrivateKey) or signer.public_key() != authority.public_key():
        raise CooeeError("ca.key is not the key of ca.crt: restore them from a backup")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Cooee broker")])
    certificate = (
        _begin(subject, authority.subject, key.public_key(), BROKER_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    return _pem(certificate), _key_pem(key)


def valid_until(certificate: str) -> datetime:
    """When a certificate (PEM) ends; CooeeError when it cannot be read."""
    try:
        return x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc
    except ValueError:
        raise CooeeError("broker.crt is damaged: make another with cooee broker renew") from None


def alternative_name(host: str) -> Name:
    """A host as it stands in a certificate; CooeeError when it is neither a name nor an address."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        if HOST_NAME.fullmatch(host) is None or len(host) > 253:
            raise CooeeError(f"--host {host!r}: write a name or an address, as in farm.local or 192.168.1.5") from None
        return x509.DNSName(host)


def _begin(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
