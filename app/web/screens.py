"""Pairing: a screen shows its code; at a desk it is given its place, and taken away again."""

from urllib.parse import urlencode

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import PUBLIC, SCREEN, actor, allow, identity
from app.db import db, now_utc
from app.i18n import gettext as _
from app.queries.screens import places, screens_of
from app.services import screens

pages = Blueprint("screens", __name__)
_YEARS_S = 5 * 365 * 24 * 3600
_WAIT_S = 3


@pages.get("/pair")
@allow(PUBLIC)
def pairing() -> ResponseReturnValue:
    """What the screen shows: its code while it waits, its place once it is paired."""
    now, screen = now_utc(), screens.state(request.cookies.get(SCREEN, ""), now_utc())
    if screen is None or (screen.user_id is None and screen.code is None):
        return render_template("screens/begin.html")
    if screen.user_id is not None:
        screens.seen(screen.id, now)
        return redirect(request.script_root + (screen.path or "/"))
    page = make_response(render_template("screens/waiting.html", code=screen.code))
    page.headers["Refresh"] = str(_WAIT_S)
    return page


@pages.post("/pair")
@allow(PUBLIC)
def ask() -> ResponseReturnValue:
    """Give this screen a secret of its own and a code to show."""
    asked = screens.ask(now_utc())
    answer = make_response(redirect(url_for("screens.pairing")))
    answer.set_cookie(SCREEN, asked.secret, max_age=_YEARS_S, httponly=True, samesite="Lax", secure=request.is_secure)
    return answer


@pages.get("/admin/screens")
@allow("admin")
def listing() -> ResponseReturnValue:
    """The paired screens, and the form for another one."""
    site_id = identity().site_id
    return render_template(
        "screens/list.html", screens=screens_of(db.session, site_id), targets=places(db.session, site_id)
    )


@pages.post("/admin/screens")
@allow("admin", again=True)
def pair() -> ResponseReturnValue:
    """Give the screen that shows a code its place."""
    form = request.form
    kind, _colon, place = form.get("place", "").partition(":")
    sizes = {name: form[name] for name in ("distance", "inches") if form.get(name, "").isdecimal()}
    code = "".join(form.get("code", "").split())
    screens.pair(identity().site_id, code, kind, place, urlencode(sizes), actor(), now_utc())
    flash(_("Paired. The screen shows its place in a moment."), "done")
    return redirect(url_for("screens.listing"))


@pages.post("/admin/screens/<int:screen_id>/revoke")
@allow("admin")
def revoke(screen_id: int) -> ResponseReturnValue:
    """Take a screen away."""
    screens.revoke(identity().site_id, screen_id, actor(), now_utc())
    flash(_("The screen is signed out."), "done")
    return redirect(url_for("screens.listing"))
