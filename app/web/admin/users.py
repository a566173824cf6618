"""Logins: made, given roles, switched off, given a new password, signed out everywhere."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.auth import ROLES, actor, allow, identity
from app.db import db, now_utc
from app.errors import Conflict, Invalid, NotFound, Refused
from app.i18n import gettext as _
from app.models import Person
from app.queries import admin as look
from app.queries.logins import open_sessions
from app.services import logins
from app.services import users as services
from app.web.admin.blueprint import pages
from app.web.entry import Entry
from app.web.telling import ROLE_WORDS
from app.words import sentence


@pages.get("/admin/users")
@allow("admin")
def users() -> ResponseReturnValue:
    """All logins of the site."""
    return render_template(
        "admin/users.html", users=look.users(db.session, identity().site_id), role_words=ROLE_WORDS, now=now_utc()
    )


@pages.get("/admin/users/new")
@allow("admin")
def user_new() -> ResponseReturnValue:
    """The form of a new login."""
    return _form(Entry(MultiDict(), identity().zone))


@pages.post("/admin/users/new")
@allow("admin", again=True)
def user_create() -> ResponseReturnValue:
    """Make a login."""
    entry = Entry(request.form, identity().zone)
    name, password = entry.text("name", required=True, longest=64), request.form.get("password", "")
    roles = request.form.getlist("roles")
    if not roles:
        entry.wrong["roles"] = _("Choose at least one role.")
    if not entry.wrong:
        try:
            site = look.site_code(db.session, identity().site_id)
            services.create(site, name, password, roles, actor(), now_utc(), person_id=_person(entry))
        except Refused as error:
            entry.wrong[_FIELDS.get(error.code, "")] = sentence(error)
        else:
            flash(_("%(name)s may sign in now.", name=name), "done")
            return redirect(url_for("admin.users"))
    return _form(entry), 422


_FIELDS = {"users.password_short": "password", "users.name_taken": "name", "users.role_unknown": "roles",
           "person.unknown": "person"}  # fmt: skip


def _person(entry: Entry) -> int | None:
    code = entry.text("person", longest=64)
    if not code:
        return None
    query = select(Person.id).where(Person.site_id == identity().site_id, Person.code == code)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound("person.unknown", person=code)
    return found


def _form(entry: Entry) -> str:
    query = select(Person).where(Person.site_id == identity().site_id, Person.retired.is_(False)).order_by(Person.code)
    people = [(row.code, f"{row.code} {row.name or ''}") for row in db.session.scalars(query.limit(1000))]
    return render_template("admin/user_new.html", entry=entry, roles=list(ROLES), role_words=ROLE_WORDS, people=people)


@pages.get("/admin/users/<int:user_id>")
@allow("admin")
def user(user_id: int) -> ResponseReturnValue:
    """One login and what can be done with it."""
    found = next((row for row in look.users(db.session, identity().site_id) if row["id"] == user_id), None)
    if found is None:
        raise NotFound("user.unknown", user=user_id)
    return render_template(
        "admin/user.html", user=found, roles=list(ROLES), role_words=ROLE_WORDS,
        is_self=user_id == identity().user_id, sessions=open_sessions(db.session, user_id),
    )  # fmt: skip


@pages.post("/admin/users/<int:user_id>/roles")
@allow("admin", again=True)
def user_roles(user_id: int) -> ResponseReturnValue:
    """Replace the roles of a login; nobody takes the administrator's role from himself."""
    _known(user_id)
    roles = request.form.getlist("roles")
    if not roles:
        raise Invalid("value.missing", field=_("Roles"))
    if user_id == identity().user_id and "admin" not in roles:
        raise Conflict("users.self")
    services.set_roles(user_id, roles, actor(), now_utc())
    return _done(user_id, _("The roles are changed. The user has to sign in again."))


@pages.post("/admin/users/<int:user_id>/password")
@allow("admin", again=True)
def user_password(user_id: int) -> ResponseReturnValue:
    """Give a login a new password; its sessions end."""
    _known(user_id)
    services.set_password(user_id, request.form.get("password", ""), actor(), now_utc())
    return _done(user_id, _("The password is set and all sessions are ended."))


@pages.post("/admin/users/<int:user_id>/active")
@allow("admin", again=True)
def user_active(user_id: int) -> ResponseReturnValue:
    """Switch a login off or on."""
    _known(user_id)
    if user_id == identity().user_id:
        raise Conflict("users.self")
    on = request.form.get("active") == "1"
    services.set_active(user_id, on, actor(), now_utc())
    return _done(user_id, _("The login is switched on.") if on else _("The login is switched off."))


@pages.post("/admin/users/<int:user_id>/sessions")
@allow("admin")
def user_sessions(user_id: int) -> ResponseReturnValue:
    """Sign a user out everywhere."""
    _known(user_id)
    services.end_sessions(user_id, actor(), now_utc())
    return _done(user_id, _("All sessions of the user are ended."))


@pages.post("/admin/users/<int:user_id>/sessions/<int:session_id>/end")
@allow("admin")
def user_session_end(user_id: int, session_id: int) -> ResponseReturnValue:
    """Sign a user out in one browser."""
    _known(user_id)
    logins.end(user_id, session_id, actor(), now_utc())
    return _done(user_id, _("Signed out there."))


def _known(user_id: int) -> Any:
    """A login of this site; logins of other sites do not exist here."""
    found = look.user_of_site(db.session, identity().site_id, user_id)
    if found is None:
        raise NotFound("user.unknown", user=user_id)
    return found


def _done(user_id: int, words: str) -> ResponseReturnValue:
    flash(words, "done")
    return redirect(url_for("admin.user", user_id=user_id))
