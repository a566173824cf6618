"""Limits: how full each rope is, rules that are tried before they are saved, notices on the shelf, alarm health."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import Invalid
from app.i18n import gettext as _
from app.models import LimitRule, Machine, Station
from app.queries.alarm_health import GOOD_PER_HOUR, MANY_IN_10_MIN, alarm_health
from app.queries.boards import lines
from app.queries.limit_rules import line_of, proposal, rule_by_code, rules, trial
from app.queries.machine_detail import poller_health
from app.services import andon, limit_policy
from app.services.limit_policy import Policy
from app.web.machine_words import KINDS, look, why
from app.words import sentence
from devices.line import Trial

pages = Blueprint("limits", __name__)
NUMBERS = ("high", "low", "rate_permille", "hold_at", "on_delay_s", "dwell_s")


@pages.get("/limits")
@allow("devices.view")
def listing() -> ResponseReturnValue:
    """All rules, how full their ropes are, and what their machines make of it."""
    now = now_utc()
    template = "limits/_rows.html" if request.headers.get("HX-Request") else "limits/list.html"
    return render_template(template, rows=rules(db.session, identity().site_id), look=look, why=why, now=now,
                           health=poller_health(db.session, now))  # fmt: skip


@pages.get("/limits/new")
@allow("limits.throttle")
def blank() -> ResponseReturnValue:
    """A rule to be made."""
    site_id = identity().site_id
    stations = db.session.query(Station).filter_by(site_id=site_id, retired=False).order_by(Station.code).all()
    machines = db.session.query(Machine).filter_by(site_id=site_id, retired=False).order_by(Machine.code).all()
    return render_template("limits/new.html", stations=stations, machines=machines, values=_plain(Policy(28, 25)))


@pages.post("/limits/new")
@allow("limits.throttle")
def create() -> ResponseReturnValue:
    """Make it; it is switched off until somebody tried it."""
    form = request.form
    code = form.get("code", "").strip()
    limit_policy.create(identity().site_id, code, form.get("station", ""), form.get("upstream", ""),
                        form.get("machine") or None, _policy(form, enabled=False), actor(), now_utc())  # fmt: skip
    flash(_("The rule is made and still switched off. Try it, then save it switched on."), "done")
    return redirect(url_for("limits.show", code=code))


@pages.get("/limits/alarms")
@allow("devices.view")
def alarms() -> ResponseReturnValue:
    """How well the notices serve people."""
    site_id = identity().site_id
    found = alarm_health(db.session, site_id, now_utc())
    places = {one.id: one for one in db.session.query(Station).filter_by(site_id=site_id)}
    machines = {one.id: one for one in db.session.query(Machine).filter_by(site_id=site_id)}
    ropes = {one.id: one.code for one in db.session.query(LimitRule).filter_by(site_id=site_id)}
    return render_template("limits/alarms.html", health=found, kinds=KINDS, places=places, machines=machines,
                           ropes=ropes, good=GOOD_PER_HOUR, flood=MANY_IN_10_MIN)  # fmt: skip


@pages.get("/limits/<code>")
@allow("devices.view")
def show(code: str) -> ResponseReturnValue:
    """A rule; with values in the address it is tried with them, with ``propose`` a rope is looked for."""
    row = rule_by_code(db.session, identity().site_id, code)
    line = line_of(db.session, row, now_utc())
    values, tried, wrong, asked = _plain(_of(row.rule)), None, "", request.args
    if "propose" in asked:
        tried = proposal(line)
        values |= {"high": tried.high, "low": tried.low, "measure": "pieces", "mode": "hold"}
    elif "try" in asked:
        values |= {name: asked.get(name, "") for name in (*NUMBERS, "mode", "measure")}
        try:
            policy = _policy(asked)
            policy.check()
            values, tried = _plain(policy), trial(line, _plain(policy))
        except Invalid as error:
            wrong = sentence(error)
    return render_template("limits/show.html", row=row, line=line, values=values, tried=tried, look=look, why=why,
                           now=now_utc(), longest=andon.longest(db.session, identity().site_id, now_utc()),
                           told=_told(tried) if tried else None, wrong=wrong)  # fmt: skip


@pages.post("/limits/<code>")
@allow("limits.throttle")
def save(code: str) -> ResponseReturnValue:
    """Save a rule as it was tried: what it costs is seen first, and kept with the change."""
    site_id = identity().site_id
    policy = _policy(request.form)
    policy.check()
    seen = trial(line_of(db.session, rule_by_code(db.session, site_id, code), now_utc()), _plain(policy))
    db.session.rollback()
    limit_policy.change(site_id, code, policy, _told(seen), actor(), now_utc())
    flash(_("Saved. The poller goes by it within a second."), "done")
    return redirect(url_for("limits.show", code=code))


@pages.post("/limits/<code>/pause")
@allow("limits.override")
def pause(code: str) -> ResponseReturnValue:
    """Let upstream run in spite of the rule."""
    limit_policy.pause(identity().site_id, code, _until(), request.form.get("note", ""), actor(), now_utc())
    flash(_("Paused: upstream runs in spite of this rule."), "warning")
    return redirect(url_for("limits.show", code=code))


@pages.post("/limits/<code>/resume")
@allow("limits.override")
def resume(code: str) -> ResponseReturnValue:
    """The rule counts again."""
    limit_policy.resume(identity().site_id, code, actor(), now_utc())
    flash(_("The rule is in force again."), "done")
    return redirect(url_for("limits.show", code=code))


@pages.post("/limits/notices/<int:notice_id>/shelve")
@allow("notices.act")
def shelve(notice_id: int) -> ResponseReturnValue:
    """Silence a notice for a while."""
    andon.shelve(identity().site_id, notice_id, _until(), request.form.get("note", ""), actor(), now_utc())
    flash(_("Shelved. It comes back by itself."), "done")
    return redirect(_back())


@pages.post("/limits/notices/<int:notice_id>/unshelve")
@allow("notices.act")
def unshelve(notice_id: int) -> ResponseReturnValue:
    """Hear of it again."""
    andon.unshelve(identity().site_id, notice_id, actor(), now_utc())
    flash(_("It is in the inbox again."), "done")
    return redirect(_back())


@pages.post("/devices/<code>/writes")
@allow("limits.throttle")
def writes(code: str) -> ResponseReturnValue:
    """Allow or forbid to write to a device."""
    limit_policy.allow_writes(identity().site_id, code, request.form.get("allowed") == "1", actor(), now_utc())
    return redirect(url_for("devices.show", code=code))


def _until() -> Any:
    """So many minutes from now, 0 for the rest of the shift."""
    minutes = request.form.get("minutes", "")
    if not minutes.isdecimal() or int(minutes) > 1440:
        raise Invalid("value.wrong", field="minutes", value=minutes[:20])
    now = now_utc()
    return now + timedelta(minutes=int(minutes)) if int(minutes) else andon.longest(db.session, identity().site_id, now)


def _policy(form: MultiDict[str, str], enabled: bool | None = None) -> Policy:
    """A rule as it was typed; Invalid names the number that is none."""
    numbers: dict[str, int | None] = {}
    for name in NUMBERS:
        text = form.get(name, "").strip()
        if not (text.isdecimal() and len(text) < 8) and not (name == "hold_at" and not text):
            raise Invalid("value.wrong", field=name, value=text[:20])
        numbers[name] = int(text) if text else None
    on = form.get("enabled") == "1" if enabled is None else enabled
    return Policy(mode=form.get("mode", ""), measure=form.get("measure", ""), enabled=on, **numbers)  # type: ignore[arg-type]


def _of(rule: LimitRule) -> Policy:
    return Policy(rule.high, rule.low, rule.mode, rule.rate_permille, rule.hold_at, rule.measure, rule.on_delay_s,
                  rule.dwell_s, rule.enabled)  # fmt: skip


def _plain(policy: Policy) -> dict[str, Any]:
    return {name: getattr(policy, name) for name in (*NUMBERS, "mode", "measure", "enabled")}


def _told(tried: Trial) -> dict[str, Any]:
    """What a trial showed, as numbers for people and for the event."""
    return {"kept": round(tried.kept, 4), "pieces": round(tried.roped.mean_wip, 1),
            "free_pieces": round(tried.free.mean_wip), "lead_min": round(tried.roped.lead_s / 60),
            "free_lead_min": round(tried.free.lead_s / 60), "switches": round(tried.roped.switches_per_hour, 1),
            "held": round(tried.roped.held_share, 3), "per_hour": round(tried.roped.per_hour, 1)}  # fmt: skip


def _back() -> str:
    """The line whose page the form was on; only codes of this site lead anywhere."""
    wished = request.form.get("line", "")
    codes = {one.code for one in lines(db.session, identity().site_id)}
    return url_for("lead.line", code=wished) if wished in codes else url_for("lead.overview")
