"""The plant's certificates, as far as they are made: where they lie, what they are for, how long they hold."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

CA_FILE, CA_KEY, LEAF_FILE, KEY_FILE = "ca.pem", "ca.key", "server.pem", "server.key"


@dataclass(frozen=True)
class Certificate:
    """The server's certificate: its files, the names it is for, and when it ends."""

    file: Path
    key: Path
    names: tuple[str, ...]
    until: datetime


def folder_of(home: Path) -> Path:
    """Where certificates and keys lie, readable by the owner alone."""
    return home / "tls"


def certificate_of(home: Path) -> Certificate | None:
    """The server's certificate, None when none was made."""
    file, key = folder_of(home) / LEAF_FILE, folder_of(home) / KEY_FILE
    if not file.exists() or not key.exists():
        return None
    from cryptography import x509

    found = x509.load_pem_x509_certificate(file.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return Certificate(file, key, tuple(str(name.value) for name in names), found.not_valid_after_utc)


def authority(home: Path) -> bytes | None:
    """The authority's certificate as phones install it (DER), None when none was made."""
    file = folder_of(home) / CA_FILE
    if not file.exists():
        return None
    lines = [line for line in file.read_text(encoding="ascii").splitlines() if "-----" not in line]
    return base64.b64decode("".join(lines))


def fingerprint(der: bytes) -> str:
    """The SHA-256 fingerprint in pairs, to compare with what a phone shows."""
    return ":".join(f"{byte:02X}" for byte in hashlib.sha256(der).digest())
