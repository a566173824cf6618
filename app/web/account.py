"""Sign in and out, language and theme, personal tokens."""

from urllib.parse import urlsplit

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user, logout_user
from sqlalchemy import select

from app.auth import PUBLIC, actor, allow, identity
from app.auth.identity import by_session
from app.db import db, now_utc
from app.i18n import LANGUAGES
from app.i18n import gettext as _
from app.models import ApiToken
from app.queries.logins import open_sessions
from app.services import logins, users
from app.web.device_words import device_words
from app.web.shell import home_of
from app.web.telling import ROLE_WORDS
from app.words import sentence

pages = Blueprint("account", __name__)
# Sheets and scripts hold nothing secret, and the sign-in page needs them before anybody is signed in.
pages.record_once(lambda state: allow(PUBLIC)(state.app.view_functions["static"]))


@pages.get("/login")
@allow(PUBLIC)
def login() -> ResponseReturnValue:
    """The sign-in form."""
    return render_template("account/login.html", name="", refusal="", next=_safe(request.args.get("next", "")))


@pages.post("/login")
@allow(PUBLIC)
def sign_in() -> ResponseReturnValue:
    """Check name and password; the session is made anew, so that an old one cannot be ridden."""
    name, target = request.form.get("name", "").strip(), _safe(request.form.get("next", ""))
    try:
        user = users.sign_in(name, request.form.get("password", ""), now_utc())
    except users.SignInRefused as error:
        page = render_template("account/login.html", name=name, refusal=sentence(error), next=target)
        return page, error.status
    kept = session.get("language")
    session.clear()
    key = logins.begin(user.id, request.remote_addr or "", device_words(request.user_agent.string), now_utc())
    session.update({"epoch": user.session_epoch, "key": key} | ({"language": kept} if kept else {}))
    g.identity = by_session(user.id, user.session_epoch, key)
    login_user(g.identity)
    return redirect(target or home_of(g.identity))


@pages.post("/logout")
@allow(PUBLIC)
def sign_out() -> ResponseReturnValue:
    """End this session."""
    if identity().session_id:
        logins.end(identity().user_id, identity().session_id, actor(), now_utc())
    logout_user()
    session.clear()
    return redirect(url_for("account.login"))


@pages.post("/preferences")
@allow(PUBLIC)
def preferences() -> ResponseReturnValue:
    """Language and theme of this device, kept in cookies for a year."""
    back = _safe(urlsplit(request.referrer or "").path) or url_for("account.home")
    query = urlsplit(request.referrer or "").query
    answer = make_response(redirect(back + (f"?{query}" if query else "")))
    for name, choices in (("language", tuple(LANGUAGES)), ("theme", ("auto", "light", "dark"))):
        if request.form.get(name) in choices:
            answer.set_cookie(name, request.form[name], max_age=31536000, samesite="Lax", httponly=True)
            if name == "language":
                session["language"] = request.form[name]
    return answer


@pages.get("/")
@allow("account")
def home() -> ResponseReturnValue:
    """Each role begins where its work is."""
    return redirect(home_of(identity()))


@pages.get("/account")
@allow("account")
def account() -> ResponseReturnValue:
    """Your roles and personal tokens."""
    query = select(ApiToken).where(ApiToken.user_id == identity().user_id).order_by(ApiToken.id.desc())
    facts = [
        (_("Roles"), ", ".join(str(ROLE_WORDS.get(role, role)) for role in sorted(identity().roles))),
        (_("Time zone of the site"), identity().zone),
    ]
    signed_in = open_sessions(db.session, identity().user_id)
    return render_template("account/account.html", sessions=signed_in, tokens=db.session.scalars(query).all(),
                           facts=facts, fresh=session.pop("fresh_token", None))  # fmt: skip


@pages.post("/account/sessions/<int:session_id>/end")
@allow("account")
def session_end(session_id: int) -> ResponseReturnValue:
    """Sign yourself out in another browser."""
    logins.end(identity().user_id, session_id, actor(), now_utc())
    flash(_("Signed out there."), "done")
    return redirect(url_for("account.account"))


@pages.post("/account/sessions/end")
@allow("account")
def sessions_end() -> ResponseReturnValue:
    """Sign yourself out everywhere but here."""
    ended = logins.end_others(identity().user_id, identity().session_id, actor(), now_utc())
    flash(_("Signed out in %(count)s other browsers.", count=ended), "done")
    return redirect(url_for("account.account"))


@pages.post("/account/tokens")
@allow("account", again=True)
def token_new() -> ResponseReturnValue:
    """Make a token; it is shown once."""
    name = request.form.get("name", "").strip() or "token"
    session["fresh_token"] = users.create_token(identity().user_id, name[:200], f"user:{identity().user_id}", now_utc())
    return redirect(url_for("account.account"))


@pages.post("/account/tokens/<int:token_id>/revoke")
@allow("account")
def token_revoke(token_id: int) -> ResponseReturnValue:
    """End a token."""
    users.revoke_token(identity().user_id, token_id, f"user:{identity().user_id}", now_utc())
    flash(_("The token was revoked."), "done")
    return redirect(url_for("account.account"))


def _safe(target: str) -> str:
    """Only an address of our own: an open redirect would help whoever fishes for passwords."""
    parts = urlsplit(target)
    fits = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return target if fits else ""
