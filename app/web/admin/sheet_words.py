"""Words for the lists of master data: what they are called, their columns, and the words that cells may hold."""

from flask_babel import LazyString

from app.i18n import lazy_gettext as _

LABELS: dict[str, LazyString] = {
    "areas": _("Areas"), "lines": _("Lines"), "stations": _("Stations"), "machines": _("Machines"),
    "locations": _("Stock places"), "shifts": _("Shifts"), "calendar": _("Calendar"), "people": _("People"),
    "skills": _("Skills"), "person_skills": _("Skills of people"), "roster": _("Roster"), "reasons": _("Reasons"),
    "items": _("Items"), "units": _("Other units"), "lots": _("Lots"), "limit_rules": _("Limit rules"),
    "sites": _("Site"),
}  # fmt: skip
COLUMNS: dict[str, LazyString] = {
    "code": _("Code"), "name": _("Name"), "name_zh": _("Chinese name"), "zone": _("Time zone"), "area": _("Area"),
    "kind": _("Kind"), "weekdays": _("Days (1 is Monday)"), "start": _("From"), "end": _("To"), "breaks": _("Breaks"),
    "line": _("Line"), "position": _("Position"), "capacity": _("Tasks at once"), "people": _("People at once"),
    "idle_min": _("Minutes until the badge is asked for again"), "shifts": _("Shifts"),
    "location": _("Stock place"), "retired": _("Out of use"), "station": _("Station"), "phone": _("Telephone"),
    "badge": _("Badge"), "lead": _("Team lead"), "skills": _("Skills"), "person": _("Person"), "skill": _("Skill"),
    "valid_from": _("Valid from"), "valid_until": _("Valid until"), "day": _("Day"), "shift": _("Shift"),
    "absent": _("Absent"), "unit": _("Unit of measure"), "decimals": _("Decimals"), "supply": _("Supply"),
    "serialised": _("Serial numbers"), "lot_tracked": _("Lots"), "tolerance_percent": _("Tolerance in percent"),
    "negative_stock": _("When stock runs below zero"), "serial_prefix": _("Serial number begins with"),
    "item": _("Item"), "numerator": _("Stock units"), "denominator": _("in so many of it"), "status": _("Status"),
    "supplier": _("Supplier"), "supplier_lot": _("Supplier's lot"), "received_at": _("Received"),
    "expires_on": _("Expires"), "upstream_station": _("Limits station"), "upstream_machine": _("Limits machine"),
    "high": _("From backlog"), "low": _("Until backlog"), "mode": _("How"),
    "rate_permille": _("Speed left, per mille"), "on_delay_s": _("After so many seconds"),
    "dwell_s": _("At least for seconds"), "enabled": _("In use"), "site": _("Site"),
}  # fmt: skip
CHOICES: dict[str, LazyString] = {
    "make_to_order": _("made to order"), "stock": _("made to stock"), "buy": _("bought"), "phantom": _("phantom"),
    "scrap": _("scrap"), "rework": _("rework"), "stop": _("stop"), "hold": _("hold"), "help": _("help"),
    "correction": _("correction"), "skip": _("skip"), "pause": _("pause"), "symptom": _("symptom"),
    "expected": _("expected"), "quarantine": _("in quarantine"),
    "available": _("available"), "rejected": _("rejected"), "consumed": _("used up"), "expired": _("expired"),
    "holiday": _("holiday"), "workday": _("make-up workday"), "refuse": _("refuse"), "mark": _("mark"),
    "limit": _("slow down"), "yes": _("yes"), "no": _("no"),
}  # fmt: skip
TABLES: dict[str, LazyString] = {
    "task": _("Tasks"), "task_station": _("Tasks that it can do"), "report": _("Reports"), "station": _("Stations"),
    "machine": _("Machines"), "line": _("Lines"), "person": _("People"), "person_skill": _("Skills of people"),
    "roster": _("Roster"), "bom": _("Bills of material"), "bom_line": _("Lines of bills of material"),
    "routing": _("Routings"), "operation": _("Operations"), "operation_station": _("Operations that it can do"),
    "limit_rule": _("Limit rules"), "stock_move": _("Stock moves"), "stock_balance": _("Stock"), "lot": _("Lots"),
    "unit": _("Units"), "work_session": _("Work sessions"), "device": _("Connections"), "item_unit": _("Other units"),
    "consumption": _("Consumption"), "user_account": _("Logins"), "machine_state": _("Machine states"),
    "task_material": _("Materials of tasks"), "measurement": _("Measurements"), "scan": _("Scans"),
    "notice": _("Notices"), "inspection": _("Inspections"), "nonconformance": _("Nonconformances"),
    "production_order": _("Production orders"), "work_order": _("Orders"), "planned_task": _("Planned tasks"),
    "maintenance_order": _("Maintenance orders"), "service_order": _("Service orders"), "hold": _("Holds"),
}  # fmt: skip


def column_word(name: str) -> str:
    """The head of a column."""
    return str(COLUMNS.get(name, name))


def cell_word(text: str, is_word: bool) -> str:
    """The words of a cell that holds one of a few words."""
    return str(CHOICES.get(text, text)) if is_word else text
