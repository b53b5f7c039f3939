"""Keyring: everything that is encrypted, hashed or signed with the master key."""

from __future__ import annotations

import hmac
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from headswap.disk import disk_errors
from headswap.errors import HeadswapError
from headswap.settings import Settings

FILE_NAME = "master.key"
MIN_MASTER_BYTES = 32
# What the key is derived for that signs files' addresses.
FILES = "sign files"
_NONCE_BYTES = 12
# Leads each encrypted text, so that another way of encrypting can be told from this one.
_VERSION = b"\x01"


class Keyring:
    """Keys for one purpose each, all derived from one master key (HKDF-SHA256, RFC 5869)."""

    def __init__(self, master: bytes) -> None:
        """master: at least 32 bytes. Raises HeadswapError: it is shorter."""
        if len(master) < MIN_MASTER_BYTES:
            raise HeadswapError(
                f"the master key has {len(master)} bytes, fewer than {MIN_MASTER_BYTES}; "
                "make one with `openssl rand -hex 32`"
            )
        self._master = master
        self._cipher = AESGCM(self.derive("encrypt"))
        self._hash_key = self.derive("hash")

    @classmethod
    def open(cls, settings: Settings) -> Keyring:
        """The keyring of the settings' master key, or of the one under data_dir, made if absent.

        The file's text may be given as HEADSWAP_MASTER_KEY elsewhere: both mean the same key.

        Raises:
            HeadswapError: the key is too short or the file is damaged. OutputError: the file
                cannot be made.
        """
        given = settings.master_key.get_secret_value().strip()
        return cls((given or _kept_master(settings.data_dir)).encode())

    def derive(self, purpose: str) -> bytes:
        """32 bytes that are the same for the same purpose, and tell nothing of the master key."""
        return HKDF(hashes.SHA256(), 32, None, f"headswap {purpose}".encode()).derive(self._master)

    def encrypt(self, plain: bytes) -> bytes:
        """`plain` under AES-256-GCM: version, nonce, text and tag; never twice the same bytes."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, plain, _VERSION)

    def decrypt(self, sealed: bytes) -> bytes:
        """What was given to `encrypt`.

        Raises:
            HeadswapError: the bytes were changed, or encrypted with another master key.
        """
        version, nonce, text = sealed[:1], sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            if version != _VERSION or len(nonce) < _NONCE_BYTES:
                raise InvalidTag
            return self._cipher.decrypt(nonce, text, version)
        except InvalidTag as error:
            raise HeadswapError(
                "a stored secret cannot be decrypted: it belongs to another master key; put back "
                f"the {FILE_NAME} (or HEADSWAP_MASTER_KEY) that the data was made with"
            ) from error

    def hash(self, secret: str) -> str:
        """64 hex digits by which `secret` is found again (HMAC-SHA256); any text will do."""
        # Lone surrogates come in through JSON; they must be a wrong secret, not a fault of ours.
        text = secret.encode("utf-8", "surrogatepass")
        return hmac.digest(self._hash_key, text, "sha256").hex()


def _kept_master(data_dir: Path) -> str:
    """The text of data_dir's key file; of several processes that make it, one wins for all."""
    path = data_dir / FILE_NAME
    with disk_errors(path):
        if not path.exists():
            data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make_key_file(path)
        text = path.read_bytes()
    # A torn or emptied file must never be replaced: every stored secret would be lost with it.
    if len(text.strip()) < MIN_MASTER_BYTES or not text.isascii():
        raise HeadswapError(
            f"{path}: is damaged; put it back from a backup, or stored keys cannot be read again"
        )
    return text.decode("ascii").strip()


def _make_key_file(path: Path) -> None:
    """Makes the file whole and at once, unless another process does so first."""
    temporary = path.with_name(f".{FILE_NAME}.{secrets.token_hex(4)}.part")
    handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, stat.S_IRUSR | stat.S_IWUSR)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(32) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        # Unlike a rename, a link does not replace what another process made meanwhile.
        with suppress(FileExistsError):
            path.hardlink_to(temporary)
    finally:
        temporary.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
