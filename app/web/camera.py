"""Pictures of codes from phones and tablets, and how to give a plant a secure address."""

from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from app.auth import PUBLIC, allow
from app.db import db, now_utc
from app.errors import Invalid, NotFound
from app.queries.certificate import authority, certificate_of, fingerprint
from app.words import sentence
from devices.symbols import matrix
from devices.vision import PictureError, Sandbox

pages = Blueprint("camera", __name__)
BUDGET_MS = 400.0  # a photograph comes once, a person waits for it


@pages.post("/decode")
@allow("account")
def decode() -> ResponseReturnValue:
    """What a picture holds: {"text", "reads"}; no transaction is open meanwhile."""
    picture = request.files.get("picture")
    if picture is None:
        raise Invalid("value.missing", field="picture")
    data = picture.read()
    db.session.rollback()
    try:
        result = sandbox().decode(data, BUDGET_MS)
    except PictureError as error:
        refused = Invalid(error.code)
        return jsonify(text="", reads=[], code=error.code, message=sentence(refused)), 422
    reads = [{"symbology": read.symbology, "text": read.text, "engine": read.engine} for read in result.reads]
    if not reads:
        return jsonify(text="", reads=[], code="picture.no_code", message=sentence(Invalid("picture.no_code"))), 422
    return jsonify(text=reads[0]["text"], reads=reads, ms=result.ms)


@pages.get("/secure")
@allow(PUBLIC)
def secure() -> ResponseReturnValue:
    """How a phone comes to trust this server, so that its browser opens the camera."""
    home = Path(current_app.config["HOME"])
    root, leaf = authority(home), certificate_of(home)
    address = f"https://{request.host}/secure"
    return render_template(
        "station/secure.html", fingerprint=fingerprint(root) if root else "", leaf=leaf, address=address,
        is_secure=request.is_secure, now=now_utc(),
    )  # fmt: skip


@pages.get("/secure/gongxu-ca.crt")
@allow(PUBLIC)
def install() -> ResponseReturnValue:
    """The authority's certificate, as phones and computers install it."""
    root = authority(Path(current_app.config["HOME"]))
    if root is None:
        raise NotFound("certificate.none")
    return Response(root, content_type="application/x-x509-ca-cert")


@pages.get("/secure/qr.svg")
@allow(PUBLIC)
def qr() -> ResponseReturnValue:
    """The address of the page as a QR code, to be pointed at with a phone."""
    rows = matrix(f"https://{request.host}/secure", "qr")
    side = len(rows) + 8
    dark = "".join(f"M{x + 4},{y + 4}h1v1h-1z" for y, row in enumerate(rows) for x, on in enumerate(row) if on)
    drawn = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
             f'<rect width="{side}" height="{side}" fill="#fff"/><path d="{dark}" fill="#000"/></svg>')  # fmt: skip
    return Response(drawn, content_type="image/svg+xml")


def sandbox() -> Sandbox:
    """The decoder of this process, made when the first picture comes."""
    kept: Sandbox = current_app.extensions.setdefault("sandbox", Sandbox())
    return kept
