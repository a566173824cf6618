"""A plant's own certificate authority and the certificate of its server, for browsers that open the camera.

The authority is made once, and phones trust it once; the server's certificate is made anew when names or addresses
change or time runs out. Phones refuse certificates of more than 398 days (CA/Browser Forum, Baseline Requirements).
"""

import ipaddress
import os
import socket
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from app.queries.certificate import CA_FILE, CA_KEY, KEY_FILE, LEAF_FILE, folder_of

LEAF_DAYS = 397
CA_DAYS = 3650


def make(home: Path, names: Iterable[str], now: datetime) -> list[str]:
    """Make the server's certificate for names and addresses, and the authority when there is none; gives the names."""
    folder = folder_of(home)
    folder.mkdir(mode=0o700, exist_ok=True)
    authority, key = _authority(folder, now)
    names = list(dict.fromkeys(names))
    leaf_key = _key()
    _write(folder / KEY_FILE, _private(leaf_key))
    leaf = _leaf(names, leaf_key, authority, key, now)
    _write(folder / LEAF_FILE, _pem(leaf) + _pem(authority), 0o644)
    return names


def own_names() -> list[str]:
    """What this machine is called and where it is found: host name, its name in the local network, addresses."""
    host = socket.gethostname()
    found = ["localhost", "127.0.0.1", "::1", host, socket.getfqdn()]
    if "." not in host:
        found.append(f"{host}.local")
    return [name for name in dict.fromkeys([*found, *_addresses(host)]) if name]


def _addresses(host: str) -> list[str]:
    found: list[str] = []
    with suppress(OSError):
        found += [str(entry[4][0]) for entry in socket.getaddrinfo(host, None)]
    # The address of the way out; nothing is sent.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way, suppress(OSError):
        way.connect(("192.0.2.1", 9))
        found.append(way.getsockname()[0])
    return [address for address in dict.fromkeys(found) if "%" not in address]


def _authority(folder: Path, now: datetime) -> tuple[Any, Any]:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if (folder / CA_FILE).exists():
        certificate = x509.load_pem_x509_certificate((folder / CA_FILE).read_bytes())
        if certificate.not_valid_after_utc > now + timedelta(days=LEAF_DAYS):
            return certificate, load_pem_private_key((folder / CA_KEY).read_bytes(), None)
    key = _key()
    certificate = _self_signed(key, now)
    _write(folder / CA_KEY, _private(key))
    _write(folder / CA_FILE, _pem(certificate), 0o644)
    return certificate, key


def _self_signed(key: Any, now: datetime) -> Any:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    name = _name(f"Gongxu on {socket.gethostname()}"[:64])
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    return (
        _dated(x509.CertificateBuilder(), now, CA_DAYS)
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )  # fmt: skip


def _leaf(names: list[str], key: Any, authority: Any, authority_key: Any, now: datetime) -> Any:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    return (
        _dated(x509.CertificateBuilder(), now, LEAF_DAYS).subject_name(_name(names[0][:64]))
        .issuer_name(authority.subject).public_key(key.public_key())
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer, critical=False)
        .sign(authority_key, SHA256())
    )  # fmt: skip


def _alternative(name: str) -> Any:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("idna").decode("ascii"))


def _dated(builder: Any, now: datetime, days: int) -> Any:
    from cryptography import x509

    begun = now - timedelta(hours=1)  # clocks of phones are not exact
    return builder.serial_number(x509.random_serial_number()).not_valid_before(begun).not_valid_after(
        begun + timedelta(days=days)
    )  # fmt: skip


def _name(text: str) -> Any:
    from cryptography import x509

    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _pem(certificate: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    content: bytes = certificate.public_bytes(Encoding.PEM)
    return content


def _private(key: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    content: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return content


def _write(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Whole or not at all, and never readable by others for a moment."""
    beside = path.with_name(path.name + ".new")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content)
    beside.replace(path)
