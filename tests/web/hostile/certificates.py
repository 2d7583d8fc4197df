"""Certificates of every kind that proves nothing, made at run time, and one that is good."""

import datetime
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Signer:
    name: x509.Name
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Certificates:
    """What was made."""

    authority: Path
    of: dict[str, Path]
    """Host → PEM of its key and certificate."""


def make(folder: Path, hosts: Iterable[str]) -> Certificates:
    """Make a certificate for each host: what is wrong with it is what its name says."""
    now = datetime.datetime.now(datetime.UTC)
    root, root_pem = _root("a root", now)
    unknown, _ = _root("another root", now)
    authority = folder / "authority.pem"
    authority.write_bytes(root_pem)
    made = {}
    for host in hosts:
        begins, ends = now - _DAY, now + _DAY
        if host.startswith("expired"):
            begins, ends = now - 9 * _DAY, now - _DAY
        elif host.startswith("not-yet"):
            begins, ends = now + _DAY, now + 9 * _DAY
        signer = unknown if host.startswith("unknown-root") else root
        names = [f"other-{host}"] if host.startswith("wrong-name") else [host]
        made[host] = folder / f"{host}.pem"
        made[host].write_bytes(_leaf(names, begins, ends, None if host.startswith("self-signed") else signer))
    return Certificates(authority, made)


def server_context(certificate: Path) -> ssl.SSLContext:
    """Return the context of a TLS server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def _root(name: str, now: datetime.datetime) -> tuple[_Signer, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    signer = _Signer(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key)
    builder = _builder(signer.name, key, now - _DAY, now + _DAY).issuer_name(signer.name)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return signer, builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _leaf(names: list[str], begins: datetime.datetime, ends: datetime.datetime, signer: _Signer | None) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    by = signer or _Signer(subject, key)
    alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    builder = _builder(subject, key, begins, ends).issuer_name(by.name).add_extension(alternatives, critical=False)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return secret + builder.sign(by.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _builder(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, begins: datetime.datetime, ends: datetime.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )
