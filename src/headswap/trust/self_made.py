"""A certificate that an installation makes for itself; its name says that nobody vouches for it."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from headswap.disk import disk_errors

# The organisation in such a certificate; viewers of credentials show it as who signed.
SELF_MADE = "Headswap (self-made, unverified)"
CERTIFICATE, KEY = "certificate.pem", "key.pem"
# Without a timestamp server a signature is good as long as its certificate.
_VALID = timedelta(days=30 * 365)
# Machines whose clocks are a little behind should not find it not yet valid.
_BEFORE = timedelta(days=1)
# "C2PA signing" of the C2PA's certificate profile.
_C2PA_SIGNING = ObjectIdentifier("1.3.6.1.4.1.62558.2.1")


def kept_chain(folder: Path) -> tuple[Path, Path]:
    """The certificate's and the key's file in `folder`, which is made where there is none.

    Of several processes that make it at the same time one wins for all.

    Raises:
        OutputError: the folder cannot be made.
    """
    if not folder.exists():
        with disk_errors(folder):
            folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make(folder)
    return folder / CERTIFICATE, folder / KEY


def _make(folder: Path) -> None:
    part = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
    part.mkdir(mode=0o700)
    try:
        chain, key = _new_chain(datetime.now(UTC))
        _write(part / CERTIFICATE, chain, 0o644)
        _write(part / KEY, key, 0o600)
        _sync(part)
        part.rename(folder)
    except OSError as error:
        # A folder with something in it is not replaced: another process was faster.
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    _sync(folder.parent)


def _new_chain(now: datetime) -> tuple[bytes, bytes]:
    """The signer's certificate with that of its issuer, and the signer's key, as PEM.

    A certificate that signs itself is refused by C2PA, so there is an issuer, whose key nobody
    keeps.
    """
    # By it two installations can be told from each other.
    mark = secrets.token_hex(4)
    issuer_key = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    issuer_name, name = _name(f"issuer of installation {mark}"), _name(f"installation {mark}")
    issuer = (
        _builder(issuer_name, issuer_name, issuer_key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(issues=True), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )
    purposes = x509.ExtendedKeyUsage([_C2PA_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION])
    of_issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    certificate = (
        _builder(name, issuer_name, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(issues=False), critical=True)
        .add_extension(purposes, critical=False)
        .add_extension(of_issuer, critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    chain = b"".join(one.public_bytes(Encoding.PEM) for one in (certificate, issuer))
    return chain, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, SELF_MADE),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(issues: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not issues,
        key_cert_sign=issues,
        crl_sign=issues,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
