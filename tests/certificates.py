"""Certificates as an operator may have them, good ones and bad ones of several kinds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAME = "Example Studios"
KEYS: dict[str, Any] = {
    "es256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "es384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "es512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ps256": lambda: rsa.generate_private_key(65537, 2048),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}


@dataclass(frozen=True, slots=True)
class Files:
    """A certificate's file and its key's, as settings name them."""

    certificate: str
    key: str


def write_files(
    folder: Path,
    key: Any = None,
    *,
    from_day: int = -1,
    to_day: int = 30,
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.EMAIL_PROTECTION,
    self_signed: bool = False,
    password: str = "",
    with_root: bool = True,
    traditional: bool = False,
) -> Files:
    """A certificate of NAME for `key`, its issuer's behind it, valid from one day to another."""
    key = key or KEYS["es256"]()
    issuer_key = key if self_signed else KEYS["es256"]()
    root = _signed("Example Root", "Example Root", issuer_key, issuer_key, (-40, 400), None)
    issuer = NAME if self_signed else "Example Root"
    own = _signed(NAME, issuer, key, issuer_key, (from_day, to_day), purpose)
    chain = [own, root] if with_root and not self_signed else [own]
    encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    form = PrivateFormat.TraditionalOpenSSL if traditional else PrivateFormat.PKCS8
    files = Files(str(folder / "chain.pem"), str(folder / "chain.key"))
    Path(files.certificate).write_bytes(b"".join(c.public_bytes(Encoding.PEM) for c in chain))
    Path(files.key).write_bytes(key.private_bytes(Encoding.PEM, form, encryption))
    return files


def _signed(
    name: str,
    issuer: str,
    key: Any,
    issuer_key: Any,
    days: tuple[int, int],
    purpose: x509.ObjectIdentifier | None,
) -> x509.Certificate:
    now, is_issuer = datetime.now(UTC), purpose is None
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(is_issuer, None), critical=True)
        .add_extension(_usage(is_issuer), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False
        )
    )
    if purpose is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    algorithm = None if isinstance(issuer_key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(issuer_key, algorithm)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, name)])


def _usage(is_issuer: bool) -> x509.KeyUsage:
    rest = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
    )
    return x509.KeyUsage(
        digital_signature=not is_issuer,
        key_cert_sign=is_issuer,
        crl_sign=is_issuer,
        encipher_only=False,
        decipher_only=False,
        **rest,
    )
