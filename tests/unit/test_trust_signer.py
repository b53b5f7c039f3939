"""Who signs: the operator's certificate, or one that the installation makes once and keeps."""

from __future__ import annotations

import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from headswap.errors import CertificateUnusable, OutputNotWritable
from headswap.trust.self_made import SELF_MADE
from headswap.trust.signer import Signer
from tests.certificates import KEYS, NAME, Files, write_files


def opened(files: Files, folder: Path) -> Signer:
    return Signer.open(files.certificate, files.key, folder / "data")


def test_a_self_made_certificate_says_so_and_lasts_long(tmp_path: Path) -> None:
    signer = Signer.open("", "", tmp_path / "data")
    assert signer.self_made and signer.name == SELF_MADE
    (own,) = x509.load_pem_x509_certificates(signer.chain_pem)
    (organisation,) = own.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    assert "self-made, unverified" in str(organisation.value)
    # No timestamp server is asked, so the signature lives as long as the certificate.
    assert own.not_valid_after_utc > datetime.now(UTC) + timedelta(days=25 * 365)


def test_the_self_made_key_is_for_its_owner_alone_and_is_shown_nowhere(tmp_path: Path) -> None:
    signer = Signer.open("", "", tmp_path / "data")
    key = signer.where.with_name("key.pem")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    assert "PRIVATE" not in repr(signer) and b"PRIVATE" in signer.key_pem
    assert sorted(path.name for path in key.parent.parent.rglob("*")) == [
        *("certificate.pem", "key.pem", "signing"),
    ]


def test_the_self_made_certificate_is_made_once_whoever_asks_first(tmp_path: Path) -> None:
    def chain(_: int) -> bytes:
        return Signer.open("", "", tmp_path / "data").chain_pem

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(chain, range(8)))) == 1
    assert chain(0) == Signer.open("", "", tmp_path / "data").chain_pem
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["signing"]


def test_two_installations_can_be_told_apart(tmp_path: Path) -> None:
    names = {
        x509.load_pem_x509_certificates(Signer.open("", "", tmp_path / name).chain_pem)[0].subject
        for name in ("a", "b")
    }
    assert len(names) == 2


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputNotWritable, match="file"):
        Signer.open("", "", tmp_path / "file" / "data")


@pytest.mark.parametrize("lost", ["certificate.pem", "key.pem"])
def test_half_a_self_made_pair_is_not_replaced(tmp_path: Path, lost: str) -> None:
    signer = Signer.open("", "", tmp_path)
    signer.where.with_name(lost).unlink()
    with pytest.raises(CertificateUnusable, match=lost):
        Signer.open("", "", tmp_path)


def test_the_default_signer_follows_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    assert Signer.default().where == tmp_path / "home/headswap/signing/certificate.pem"
    monkeypatch.setenv("HEADSWAP_DATA_DIR", str(tmp_path / "data"))
    assert Signer.default().where == tmp_path / "data/signing/certificate.pem"
    files = write_files(tmp_path)
    monkeypatch.setenv("HEADSWAP_CERTIFICATE", files.certificate)
    monkeypatch.setenv("HEADSWAP_CERTIFICATE_KEY", files.key)
    assert Signer.default().name == NAME


@pytest.mark.parametrize("algorithm", KEYS)
def test_the_operators_certificate_of_any_usual_kind_signs(tmp_path: Path, algorithm: str) -> None:
    signer = opened(write_files(tmp_path, KEYS[algorithm]()), tmp_path)
    assert (signer.algorithm, signer.name, signer.self_made) == (algorithm, NAME, False)
    # The root stays at home.
    assert signer.chain_pem.count(b"BEGIN CERTIFICATE") == 1
    assert not (tmp_path / "data").exists()


def test_a_key_in_the_older_form_signs_as_well(tmp_path: Path) -> None:
    assert opened(write_files(tmp_path, traditional=True), tmp_path).algorithm == "es256"


def other_key(folder: Path) -> Files:
    files = write_files(folder)
    other = folder / "other"
    other.mkdir()
    return Files(files.certificate, write_files(other).key)


def not_pem(folder: Path, name: str) -> Files:
    files = write_files(folder)
    Path(getattr(files, name)).write_bytes(b"\x30\x82 no PEM")
    return files


def dsa_key(folder: Path) -> Files:
    return write_files(folder, dsa.generate_private_key(2048))


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda _: Files("chain.pem", ""), "HEADSWAP_CERTIFICATE_KEY belong together"),
        (lambda _: Files("", "chain.key"), "HEADSWAP_CERTIFICATE_KEY belong together"),
        (lambda f: Files(str(f / "none.pem"), str(f / "none.key")), "none.pem: cannot be read"),
        (lambda f: Files(write_files(f).certificate, str(f)), "cannot be read .Is a directory"),
        (lambda f: not_pem(f, "certificate"), "chain.pem: holds no certificates in PEM form"),
        (lambda f: not_pem(f, "key"), "chain.key: holds no private key in PEM form"),
        (other_key, "chain.key is not the key of the certificate"),
        (lambda f: write_files(f, password="secret"), "chain.key: the key is locked"),
        (lambda f: write_files(f, from_day=-20, to_day=-10), "renew it"),
        (lambda f: write_files(f, from_day=10), "is valid from"),
        (lambda f: write_files(f, self_signed=True), "is signed by itself"),
        (
            lambda f: write_files(f, purpose=ExtendedKeyUsageOID.CODE_SIGNING),
            "does not sign with this certificate",
        ),
        (lambda f: write_files(f, ec.generate_private_key(ec.SECP256K1())), "curve secp256k1"),
        (dsa_key, "keys of this kind do not sign"),
    ],
)
def test_a_certificate_that_cannot_sign_is_refused_with_the_reason(
    tmp_path: Path, made: Callable[[Path], Any], says: str
) -> None:
    with pytest.raises(CertificateUnusable, match=says) as refused:
        opened(made(tmp_path), tmp_path)
    assert "PRIVATE" not in str(refused.value)
    assert not (tmp_path / "data").exists()
