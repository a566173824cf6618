"""Your own password: the old one, the new one twice."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import actor, allow, identity
from app.db import now_utc
from app.errors import Invalid, Refused
from app.i18n import gettext as _
from app.services import passwords, users
from app.words import sentence

pages = Blueprint("password", __name__)
# Under which field a refusal stands; any other one is about the form as a whole.
_FIELDS = {"auth.wrong": "current", "sign.secret_missing": "current", "users.password_short": "password",
           "users.password_same": "password"}  # fmt: skip


@pages.get("/account/password")
@allow("account")
def form() -> ResponseReturnValue:
    """The empty form."""
    return render_template("account/password.html", wrong={})


@pages.post("/account/password")
@allow("account")
def change() -> ResponseReturnValue:
    """Take the new password; everybody else who is signed in with this login is out."""
    current, new = request.form.get("current", ""), request.form.get("password", "")
    if new != request.form.get("repeated", ""):
        return _refused({"repeated": _("The two new passwords differ. Enter the new one twice.")})
    try:
        passwords.change(identity().user_id, identity().session_id, current, new, actor(), now_utc())
    except (users.SignInRefused, Invalid) as error:
        return _refused({_FIELDS.get(error.code, ""): _words(error)})
    flash(_("Your password is changed. Other browsers have to sign in anew."), "done")
    return redirect(url_for("account.account"))


def _words(error: Refused) -> str:
    if error.code == "auth.wrong":
        return _("This is not your password. Try again.")
    return _("Fill this in.") if error.code == "sign.secret_missing" else sentence(error)


def _refused(wrong: dict[str, str]) -> ResponseReturnValue:
    return render_template("account/password.html", wrong=wrong), 422
