"""Every file the importer knows, as a table of descriptions. docs/import.md tells the same to people."""

from decimal import Decimal

from app import models as m
from app.services.importing import kinds as k
from app.services.importing import past_cells as past
from app.services.importing import rules as r
from app.services.importing.description import Column as C
from app.services.importing.description import Sheet

_name, _line, _long = k.text(200), k.text(64), k.text(2000)
_CODE = C("code", k.code, required=True)
_NAMES = (C("name", _name, required=True), C("name_zh", _name))
_RETIRED = C("retired", k.flag, default=False)
_SUPPLIES = ("make_to_order", "stock", "buy", "phantom")
_REASONS = ("scrap", "rework", "stop", "pause", "hold", "help", "correction", "skip", "symptom")
_ANY = -k.LARGEST
_NONE = Decimal(0)
SITE = C("site", k.code, into=None)


def _ref(name: str, sheet: str, required: bool = False, into: str | None = "") -> C:
    return C(name, k.code, required=required, ref=sheet, into=into)


_ITEM = _ref("item", "items", required=True)
# rows of a revision belong to its item by the revision
_OF_ITEM = _ref("item", "items", required=True, into=None)
_OPERATION = C("operation", k.code, required=True, into="operation_id")

_PLANT = (
    Sheet("sites", m.Site, ("code",), (_CODE, *_NAMES, C("zone", k.zone, default="UTC"))),
    Sheet("areas", m.Area, ("code",), (_CODE, *_NAMES)),
    Sheet("lines", m.Line, ("code",), (_CODE, *_NAMES, _ref("area", "areas"))),
    Sheet("locations", m.Location, ("code",), (_CODE, *_NAMES, C("kind", k.text(32), default="store"))),
    Sheet(
        "shifts", m.ShiftPattern, ("code",),
        (_CODE, *_NAMES, C("weekdays", k.weekdays, required=True),
         C("start", k.minutes, required=True, into="start_min"), C("end", k.minutes, required=True, into="end_min"),
         C("breaks", k.breaks, default=[])),
        rules=(r.breaks_inside,), finish=r.shift_times,
    ),
    Sheet(
        "stations", m.Station, ("code",),
        (_CODE, *_NAMES, _ref("line", "lines", required=True), C("position", k.whole(0), default=0),
         C("capacity", k.whole(1, 1000), default=1), C("people", k.whole(1, 100), default=1),
         C("idle_min", k.whole(0, 1440), default=15),
         C("shifts", k.codes, default=[], ref="shifts", into="shifts"),
         _ref("location", "locations"), _RETIRED),
    ),
    Sheet("machines", m.Machine, ("code",), (_CODE, *_NAMES, _ref("station", "stations", required=True), _RETIRED)),
)  # fmt: skip

_PEOPLE = (
    Sheet("skills", m.Skill, ("code",), (_CODE, *_NAMES)),
    Sheet(
        "people", m.Person, ("code",),
        (_CODE, C("name", _name), C("name_zh", _name), C("phone", _line), C("badge", k.code),
         C("lead", k.flag, default=False, into="is_lead"), _ref("line", "lines"),
         C("skills", k.skills, into=None), _RETIRED),
        unique=("badge",),
    ),
    Sheet(
        "person_skills", m.PersonSkill, ("person", "skill"),
        (_ref("person", "people", required=True), _ref("skill", "skills", required=True),
         C("valid_from", k.day), C("valid_until", k.day)),
        rules=(r.in_order("valid_from", "valid_until"),),
    ),
    Sheet(
        "calendar", m.CalendarDay, ("day",),
        (C("day", k.day, required=True), C("kind", k.choice("holiday", "workday"), required=True), C("name", _name)),
    ),
    Sheet(
        "roster", m.Roster, ("person", "day", "shift"),
        (_ref("person", "people", required=True), C("day", k.day, required=True),
         _ref("shift", "shifts", required=True), _ref("station", "stations"), C("absent", k.flag, default=False)),
    ),
)  # fmt: skip

_ITEMS = (
    Sheet("reasons", m.Reason, ("code",), (_CODE, C("kind", k.choice(*_REASONS), required=True), *_NAMES, _RETIRED)),
    Sheet(
        "items", m.Item, ("code",),
        (_CODE, *_NAMES, C("unit", k.text(32), default="pcs"), C("decimals", k.whole(0, 6), default=0),
         C("supply", k.choice(*_SUPPLIES), required=True), C("serialised", k.flag, default=False, into="is_serialised"),
         C("lot_tracked", k.flag, default=False, into="is_lot_tracked"),
         C("tolerance_percent", k.amount(most=100), default=0),
         C("negative_stock", k.choice("refuse", "mark"), default="mark"), C("serial_prefix", k.text(32)), _RETIRED),
        rules=(r.countable,),
    ),
    Sheet(
        "units", m.ItemUnit, ("item", "unit"),
        (_ITEM, C("unit", k.text(32), required=True), C("numerator", k.whole(1), required=True),
         C("denominator", k.whole(1), default=1)),
    ),
    Sheet(
        "lots", m.Lot, ("item", "code"),
        (_ITEM, _CODE, C("status", k.choice("expected", "quarantine", "available", "rejected"), default="available"),
         C("supplier", _name), C("supplier_lot", _line), C("received_at", k.moment("08:00")), C("expires_on", k.day)),
    ),
    Sheet(
        "stock", None, ("item", "lot", "location"),
        (_ITEM, C("lot", k.code), _ref("location", "locations", required=True),
         C("quantity", k.amount(above=True), required=True)),
    ),
    Sheet(
        "expected_receipts", m.ExpectedReceipt, ("code",),
        (_CODE, _ITEM, C("quantity", k.amount(above=True), required=True),
         C("due", k.moment("08:00"), required=True, into="due_at"),
         C("received", k.moment("08:00"), into="received_at")),
    ),
)  # fmt: skip

_PROCESS = (
    Sheet(
        "bom", None, ("item", "position"),
        (_OF_ITEM, C("position", k.whole(1)), _ref("component", "items", required=True, into="item_id"),
         C("quantity", k.amount(above=True), required=True), C("per", k.amount(above=True), default=1),
         C("scrap_percent", k.amount(most=1000), default=0), C("valid_from", k.day), C("valid_to", k.day),
         C("alternate_group", k.code), C("priority", k.whole(1, 100), default=1), C("operation", k.code),
         C("backflush", k.flag, default=True)),
        rules=(r.in_order("valid_from", "valid_to", strictly=True),),
        part=m.BomLine,
    ),
    Sheet(
        "routings", None, ("item", "operation"),
        (_OF_ITEM, C("operation", k.code, required=True, into="key"), C("position", k.whole(0)), *_NAMES,
         C("kind", k.text(32), default="normal"),
         C("piece_min", k.amount(most=100_000), required=True), C("fixed_min", k.amount(most=100_000), default=0),
         C("optional", k.flag, default=False, into="is_optional"), C("alternate_group", k.code),
         C("batch_size", k.whole(1, 10_000)), C("setup_family", k.code),
         C("outside_min", k.whole(1, 1_000_000)),
         C("max_loops", k.whole(1, 100), default=3), _ref("skill", "skills"), C("instruction", _long),
         C("instruction_zh", _long), C("parameters", k.pairs, default={}),
         C("stations", k.codes, ref="stations", into=None)),
        part=m.Operation,
    ),
    Sheet(
        "operation_links", None, ("item", "pred", "succ", "kind"),
        (_OF_ITEM, C("pred", k.code, required=True, into="pred_id"), C("succ", k.code, required=True, into="succ_id"),
         C("type", k.choice("finish_start", "start_start"), default="finish_start"),
         C("kind", k.choice("normal", "rework", "alternate"), default="normal"), C("lag_min", k.whole(0), default=0),
         C("transfer_batch", k.whole(1)), C("alternate_group", k.code)),
        rules=(r.different("pred", "succ"), r.alternate_group),
        part=m.OperationLink,
    ),
    Sheet(
        "operation_stations", None, ("item", "operation", "station"),
        (_OF_ITEM, _OPERATION, _ref("station", "stations", required=True), _ref("machine", "machines"),
         C("factor", k.amount(above=True, most=1000), default=1), C("preference", k.whole(0, 1000), default=0)),
        part=m.OperationStation,
    ),
    Sheet(
        "setup_times", m.SetupTime, ("station", "from_family", "to_family"),
        (_ref("station", "stations", required=True), C("from_family", k.code, required=True),
         C("to_family", k.code, required=True), C("minutes", k.amount(most=100_000), required=True)),
        rules=(r.different("from_family", "to_family"),),
    ),
    Sheet(
        "characteristics", None, ("item", "operation", "code"),
        (_OF_ITEM, _OPERATION, _CODE, *_NAMES, C("kind", k.choice("variable", "attribute"), default="variable"),
         C("unit", k.text(32)), C("lower", k.amount(_ANY)), C("target", k.amount(_ANY)), C("upper", k.amount(_ANY)),
         C("source", k.choice("person", "device"), default="device"), C("meaning", k.text(32)),
         C("required", k.flag, default=False, into="is_required")),
        rules=(r.in_order("lower", "target", "upper"), r.measured),
        part=m.Characteristic,
    ),
)  # fmt: skip

_WORK = (
    Sheet(
        "limit_rules", m.LimitRule, ("code",),
        (_CODE, _ref("station", "stations", required=True), _ref("upstream_station", "stations", required=True),
         _ref("upstream_machine", "machines"), C("high", k.whole(1), required=True),
         C("low", k.whole(0), required=True), C("mode", k.choice("hold", "limit"), default="hold"),
         C("rate_permille", k.whole(0, 1000), default=0), C("on_delay_s", k.whole(0, 86_400), default=10),
         C("dwell_s", k.whole(0, 86_400), default=120), C("enabled", k.flag, default=True)),
        rules=(r.in_order("low", "high", strictly=True), r.different("station", "upstream_station")),
    ),
    Sheet(
        "orders", None, ("system", "number"),
        (C("number", k.code, required=True), C("system", k.text(32), default="import"),
         C("kind", k.choice("production"), default="production"), _ref("item", "items", required=True),
         C("quantity", k.amount(above=True), required=True), C("due", k.moment("23:59"), required=True),
         C("earliest", k.moment("00:00")), C("priority", k.whole(1, 5), default=3), _ref("line", "lines"),
         C("customer_order", _line), C("customer", _line)),
        rules=(r.in_order("earliest", "due", strictly=True),),
    ),
    Sheet(
        "running", None, ("system", "number", "item", "operation", "place"),
        (C("number", k.code, required=True), C("system", k.text(32), default="import"), _ITEM,
         C("operation", k.code, required=True), C("place", k.text(200)), C("good", k.amount(), default=_NONE),
         C("scrap", k.amount(), default=_NONE)),
    ),
    Sheet(
        "open_units", None, ("item", "serial"),
        (C("number", k.code, required=True), C("system", k.text(32), default="import"), _ITEM,
         C("serial", k.code, required=True), C("operation", k.code, required=True)),
    ),
    Sheet(
        "history", None, ("item", "serial"),
        (C("serial", k.code, required=True), _ITEM, C("made_at", k.moment("08:00"), required=True),
         _ref("shift", "shifts"), C("steps", past.steps, required=True), C("lots", past.lots, default=[]),
         C("values", past.values, default=[]), C("shipped_at", k.moment("12:00")), C("customer_order", _line),
         C("customer", _line)),
    ),
    Sheet(
        "complaints", None, ("serial", "symptom"),
        (C("serial", k.code, required=True), _ref("symptom", "reasons", required=True),
         C("received", k.moment("12:00"), required=True), C("customer", _line), C("note", _long)),
    ),
)  # fmt: skip

# In the order of writing: what is referred to comes first.
SHEETS: dict[str, Sheet] = {sheet.name: sheet for sheet in (*_PLANT, *_PEOPLE, *_ITEMS, *_PROCESS, *_WORK)}
BOM_SHEETS = ("bom",)
ROUTING_SHEETS = ("routings", "operation_links", "operation_stations", "characteristics")
