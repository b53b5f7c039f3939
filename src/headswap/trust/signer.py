"""Signer: the certificate and the key that results are signed with, the operator's or self-made."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from PIL import Image

from headswap.errors import CertificateUnusable, SigningFailed
from headswap.trust.seal import SOURCE_TYPES, seal
from headswap.trust.self_made import SELF_MADE, kept_chain

FOLDER = "signing"
# The least that is a manifest.
_MADE = {"action": "c2pa.created", "digitalSourceType": f"{SOURCE_TYPES}/digitalCreation"}
_EMPTY: dict[str, object] = {
    "assertions": [
        {"label": "c2pa.actions.v2", "data": {"actions": [_MADE]}},
    ]
}
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
_SignerKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs.

    chain_pem: the signer's own certificate, then those between it and its root. name: the
    organisation in it. self_made: whether the installation made it itself. where: its file.
    """

    chain_pem: bytes
    key_pem: bytes = field(repr=False)
    algorithm: str
    name: str
    self_made: bool
    where: Path

    @classmethod
    def open(cls, certificate: str, key: str, data_dir: Path) -> Signer:
        """The signer of the operator's certificate and key, or a self-made one in `data_dir`.

        certificate, key: paths of PEM files, both empty for the self-made ones, which are made
        where there are none yet. A signature is made and thrown away, so that what C2PA does not
        take is known before anything is worked on.

        Raises:
            CertificateUnusable: they cannot sign; the message says why. OutputError: the self-made
                ones cannot be kept.
        """
        if bool(certificate) != bool(key):
            raise CertificateUnusable(
                "HEADSWAP_CERTIFICATE and HEADSWAP_CERTIFICATE_KEY belong together: set both, or "
                "neither for a self-made certificate"
            )
        if certificate:
            signer = _read(Path(certificate), Path(key))
        else:
            signer = _read(*kept_chain(data_dir / FOLDER))
        _prove(signer)
        return signer

    @classmethod
    def default(cls) -> Signer:
        """The signer of whoever uses the library or the command line.

        HEADSWAP_CERTIFICATE and HEADSWAP_CERTIFICATE_KEY name the operator's; a self-made one lies
        in HEADSWAP_DATA_DIR, else in $XDG_DATA_HOME/headswap or ~/.local/share/headswap.

        Raises:
            CertificateUnusable, OutputError: see `open`.
        """
        environment = os.environ
        homes = Path(environment.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
        return cls.open(
            environment.get("HEADSWAP_CERTIFICATE", ""),
            environment.get("HEADSWAP_CERTIFICATE_KEY", ""),
            Path(environment.get("HEADSWAP_DATA_DIR") or homes / "headswap"),
        )


def _read(certificate: Path, key: Path) -> Signer:
    chain = _chain(certificate)
    own, private = chain[0], _private_key(key)
    if _public(own.public_key()) != _public(private.public_key()):
        raise CertificateUnusable(f"{key} is not the key of the certificate in {certificate}")
    now = datetime.now(UTC)
    if not own.not_valid_before_utc <= now <= own.not_valid_after_utc:
        raise CertificateUnusable(
            f"{certificate}: is valid from {own.not_valid_before_utc:%Y-%m-%d} to "
            f"{own.not_valid_after_utc:%Y-%m-%d} only; renew it"
        )
    if own.issuer == own.subject:
        raise CertificateUnusable(
            f"{certificate}: is signed by itself, which the C2PA specification forbids; let an "
            "issuer sign it, or set no certificate for a self-made one"
        )
    # A root that comes along is no proof of anything, so the format wants it left out.
    sent = [own, *(one for one in chain[1:] if one.issuer != one.subject)]
    organisation = _attribute(own, NameOID.ORGANIZATION_NAME)
    return Signer(
        chain_pem=b"".join(one.public_bytes(Encoding.PEM) for one in sent),
        key_pem=private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        algorithm=_algorithm(private, key),
        name=organisation or _attribute(own, NameOID.COMMON_NAME) or "no name",
        self_made=organisation == SELF_MADE,
        where=certificate,
    )


def _chain(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_bytes(path))
    except ValueError as error:
        raise CertificateUnusable(
            f"{path}: holds no certificates in PEM form ({error}); it must begin with the "
            "signer's own, followed by those of its issuers"
        ) from error


def _private_key(path: Path) -> _SignerKey:
    try:
        key = load_pem_private_key(_bytes(path), password=None)
    except TypeError as error:
        raise CertificateUnusable(
            f"{path}: the key is locked with a password; store it without one in a file that only "
            "the service can read"
        ) from error
    except ValueError as error:
        raise CertificateUnusable(f"{path}: holds no private key in PEM form") from error
    if not isinstance(key, _SignerKey):
        raise CertificateUnusable(
            f"{path}: keys of this kind do not sign content; take an EC, Ed25519 or RSA key"
        )
    return key


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CertificateUnusable(
            f"{path}: cannot be read ({error.strerror}); see HEADSWAP_CERTIFICATE and "
            "HEADSWAP_CERTIFICATE_KEY"
        ) from error


def _algorithm(key: _SignerKey, path: Path) -> str:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        if key.curve.name not in _CURVES:
            raise CertificateUnusable(
                f"{path}: content is not signed on the curve {key.curve.name}; take P-256, P-384 "
                "or P-521"
            )
        return _CURVES[key.curve.name]
    return "ps256" if isinstance(key, rsa.RSAPrivateKey) else "ed25519"


def _public(key: object) -> bytes:
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey):
        return b""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _attribute(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def _prove(signer: Signer) -> None:
    """Signs a picture of one pixel."""
    picture = io.BytesIO()
    Image.new("RGB", (1, 1)).save(picture, "PNG")
    try:
        seal(picture, io.BytesIO(), "image/png", _EMPTY, signer)
    except SigningFailed as error:
        raise CertificateUnusable(
            f"{signer.where}: C2PA does not sign with this certificate ({error}); it wants one for "
            "C2PA, e-mail or document signing"
        ) from error
