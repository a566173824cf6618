"""The plant's own certificates: an authority made once, a leaf that clients believe, served over HTTPS."""

import http.client
import ssl
import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from flask import Flask
from werkzeug.serving import make_server

from app.cli.serve import certificate_for
from app.db import now_utc
from app.errors import Conflict
from app.queries.certificate import CA_FILE, authority, certificate_of, fingerprint
from app.services import certificates
from app.workers import children

NAMES = ["mes.plant", "localhost", "127.0.0.1", "::1"]


def test_the_leaf_is_for_names_and_addresses_and_short_enough_for_phones(tmp_path: Path) -> None:
    now = now_utc()
    certificates.make(tmp_path, NAMES, now)
    found = certificate_of(tmp_path)
    assert found is not None
    assert found.names == tuple(NAMES)
    assert timedelta(days=390) < found.until - now < timedelta(days=398)
    assert stat.S_IMODE(found.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(found.key.parent.stat().st_mode) == 0o700


def test_the_authority_stays_when_the_leaf_is_made_anew(tmp_path: Path) -> None:
    certificates.make(tmp_path, NAMES, now_utc())
    first, leaf = authority(tmp_path), certificate_of(tmp_path)
    certificates.make(tmp_path, [*NAMES, "10.0.0.7"], now_utc())
    assert authority(tmp_path) == first
    assert certificate_of(tmp_path) != leaf
    assert first is not None
    assert len(fingerprint(first)) == 95


def test_an_authority_near_its_end_is_made_anew(tmp_path: Path) -> None:
    certificates.make(tmp_path, NAMES, now_utc() - timedelta(days=3400))
    first = authority(tmp_path)
    certificates.make(tmp_path, NAMES, now_utc())
    assert authority(tmp_path) != first


def test_a_client_that_trusts_the_authority_believes_the_server_and_another_does_not(tmp_path: Path) -> None:
    certificates.make(tmp_path, NAMES, now_utc())
    found = certificate_of(tmp_path)
    assert found is not None
    app = Flask("answers")
    app.add_url_rule("/", view_func=lambda: "yes")
    server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=(str(found.file), str(found.key)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        trusting = ssl.create_default_context(cafile=str(tmp_path / "tls" / CA_FILE))
        line = http.client.HTTPSConnection("127.0.0.1", server.server_port, context=trusting, timeout=10)
        line.request("GET", "/")
        assert line.getresponse().read() == b"yes"
        line.close()
        stranger = http.client.HTTPSConnection("127.0.0.1", server.server_port, timeout=10)
        with pytest.raises(ssl.SSLCertVerificationError):
            stranger.request("GET", "/")
        stranger.close()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_serve_uses_the_certificate_unless_told_otherwise(app: Flask, tmp_path: Path) -> None:
    app.config["HOME"] = tmp_path
    with app.app_context():
        assert certificate_for(None) is None
        with pytest.raises(Conflict) as refused:
            certificate_for(True)
        assert refused.value.code == "serve.no_certificate"
        certificates.make(tmp_path, NAMES, now_utc())
        held = certificate_for(None)
        assert held is not None
        assert certificate_for(False) is None
        assert "--certfile" in children.web("0.0.0.0", 8443, 10, certificate=held).argv
        assert "--certfile" not in children.web("0.0.0.0", 8000, 10).argv


def test_serve_refuses_a_certificate_that_ended(app: Flask, tmp_path: Path) -> None:
    app.config["HOME"] = tmp_path
    certificates.make(tmp_path, NAMES, now_utc() - timedelta(days=400))
    with app.app_context(), pytest.raises(Conflict) as refused:
        certificate_for(None)
    assert refused.value.code == "serve.old_certificate"


def test_the_command_names_this_machine(app: Flask, tmp_path: Path) -> None:
    app.config["HOME"] = tmp_path
    result = app.test_cli_runner().invoke(args=["certificate", "--name", "mes.plant"])
    assert result.exit_code == 0
    leaf = x509.load_pem_x509_certificate((tmp_path / "tls" / "server.pem").read_bytes())
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"mes.plant", "localhost"} <= set(names.get_values_for_type(x509.DNSName))
    assert "127.0.0.1" in [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    assert "/secure" in result.output
