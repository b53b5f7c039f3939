"""HTTPS: certificates are checked against the URL's name, whatever address it leads to."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from headswap.errors import FetchFailed
from headswap.fetch import Guard, download
from tests.fetch_servers import ScriptedServer, Visit, answer, sends

FILE = b"the file"


def certificate(folder: Path, name: str) -> Path:
    """A file with a certificate for `name` that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    alternative = x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / f"{name}.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def trust_of(path: Path, asked: list[str | None] | None = None) -> ssl.SSLContext:
    """A server's side; the names that clients ask for go to `asked`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    def note(_socket: object, name: str | None, _context: object) -> None:
        if asked is not None:
            asked.append(name)

    context.sni_callback = note
    return context


def fetch(server: ScriptedServer, host: str, to: Path, wait_s: float = 20) -> bytes:
    guard = Guard(server.place, lambda _host: ["127.0.0.1"])
    url = f"https://{host}:{server.port}/a?signature=s3cret"
    download(url, to, guard, max_bytes=1000, timeout_s=wait_s, idle_s=wait_s)
    return to.read_bytes()


def test_a_self_made_certificate_is_not_trusted(tmp_path: Path) -> None:
    trust = trust_of(certificate(tmp_path, "files.example"))
    with ScriptedServer(sends(answer(FILE)), trust) as server:
        with pytest.raises(FetchFailed, match=r"certificate that is not trusted \(self") as caught:
            fetch(server, "files.example", tmp_path / "file")
        assert "SSL_CERT_FILE" in str(caught.value) and "s3cret" not in str(caught.value)
        assert server.paths == []
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize(
    ("host", "named"), [("files.example", "files.example"), ("127.0.0.1", None)]
)
def test_a_trusted_certificate_of_the_url_s_name_is_enough(
    host: str, named: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = certificate(tmp_path, host)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    asked: list[str | None] = []
    with ScriptedServer(sends(answer(FILE)), trust_of(path, asked)) as server:
        assert fetch(server, host, tmp_path / "file") == FILE
        assert server.visits[0].headers["host"] == f"{host}:{server.port}"
    assert asked == [named]


@pytest.mark.parametrize("host", ["other.example", "127.0.0.1"])
def test_a_certificate_of_another_name_is_not(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = certificate(tmp_path, "files.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with ScriptedServer(sends(answer(FILE)), trust_of(path)) as server:
        with pytest.raises(FetchFailed, match=r"not trusted \(.*mismatch"):
            fetch(server, host, tmp_path / "file")
        assert server.paths == []


def test_a_server_without_tls_is_told(tmp_path: Path) -> None:
    def script(visit: Visit) -> None:
        visit.send(answer(FILE))

    with (
        ScriptedServer(script, greets=True) as server,
        pytest.raises(FetchFailed, match="makes no secure connection"),
    ):
        fetch(server, "files.example", tmp_path / "file")


def test_a_handshake_that_is_never_answered_ends(tmp_path: Path) -> None:
    with (
        ScriptedServer(sends(b"")) as server,
        pytest.raises(FetchFailed, match=r"(took longer than|was silent for) 0\.3 s"),
    ):
        fetch(server, "files.example", tmp_path / "file", wait_s=0.3)
