"""The words of the problems of an import: what is wrong with a cell and what to do. One entry a code."""

from flask_babel import LazyString

from app.errors import Refused
from app.i18n import gettext
from app.i18n import lazy_gettext as _
from app.services.importing.problems import Problem
from app.words import sentence as refused

WORDS: dict[str, LazyString] = {
    # the file
    "no_files": _("The folder holds no .csv, .xlsx or devices/*.yaml file. Check the path."),
    "not_text": _("This is not text. Save it as CSV in UTF-8, or as .xlsx."),
    "not_csv": _("This is not proper CSV (%(detail)s). Check the quotes of this row."),
    "not_xlsx": _("This workbook cannot be read (%(detail)s). Save it again as .xlsx."),
    "unknown_file": _("There is no kind of file called %(name)s. Rename it or take it out of the folder."),
    "empty_file": _("The file is empty. Write at least the names of the columns, or take it out."),
    "file_twice": _("%(other)s describes the same. Keep one of them."),
    "unknown_column": _("There is no such column. Known are: %(columns)s."),
    "missing_column": _("This column is missing. Add it."),
    "column_twice": _("This column stands twice in the header. Keep one."),
    "too_many_cells": _(
        "The row has more cells than the header has columns (%(columns)s). Quote text that holds commas."
    ),
    "site_needed": _("There is more than one site. Name one in the column site."),
    "unknown_site": _("There is no site %(value)s. Add it to sites."),
    # the cell
    "empty": _("This cell must not be empty."),
    "too_long": _("The text has %(length)s characters, at most %(longest)s fit. Shorten it."),
    "control_character": _("The text holds an invisible control character. Type it again."),
    "bad_code": _("%(value)s cannot be a code. Use up to 64 characters without blanks, commas, colons and semicolons."),
    "not_whole": _("%(value)s is not a whole number."),
    "not_a_number": _("%(value)s is not a number. Use digits and a decimal point."),
    "too_fine": _("%(value)s has more than %(decimals)s decimals. Round it."),
    "too_small": _("%(value)s is too small. It must be at least %(least)s."),
    "too_large": _("%(value)s is too large. It must be at most %(most)s."),
    "not_above": _("%(value)s must be more than %(least)s."),
    "unknown_word": _("%(value)s is not known here. Choose one of: %(words)s."),
    "not_a_flag": _("%(value)s is neither yes nor no."),
    "unknown_zone": _("%(value)s is no time zone. Use a name such as Asia/Shanghai."),
    "bad_clock": _("%(value)s is no time of day. Write it as 14:30."),
    "bad_date": _("%(value)s is no date. Write it as 2027-01-31, or relative to today as +3d."),
    "bad_moment": _("%(value)s is no date with time. Write it as 2027-01-31 16:00, or relative to today as +3d 16:00."),
    "bad_weekdays": _("%(value)s are no days of the week. Write 1-5 or mon-fri;sun."),
    "bad_breaks": _("%(value)s are no breaks. Write 10:00-10:30;12:00-12:10."),
    "bad_pairs": _("%(value)s are no named values. Write temperature=42;pressure=2.1, each name once."),
    "bad_part": _("%(value)s cannot be read. docs/import.md shows the form of this cell."),
    "empty_cell": _("This cell is empty. Fill it in."),
    "in_the_future": _("%(value)s has not come yet. Correct the time."),
    "not_serialised": _("%(value)s is not counted piece by piece, so it has no history of single units."),
    # the row
    "not_after": _("%(value)s must come after %(other)s (%(other_value)s)."),
    "same": _("%(value)s stands in %(other)s already. Name another one."),
    "serialised_whole": _("What is counted piece by piece has no decimals."),
    "phantom_tracked": _("A phantom is never in stock, so it has neither serial numbers nor lots."),
    "group_and_kind": _("Links of kind alternate need an alternate_group, and no others have one."),
    "attribute_limits": _("Only a variable has limits."),
    "break_outside": _("The break %(value)s lies outside the shift or overlaps another."),
    "twice": _("%(value)s stands here already, in row %(row)s of %(other)s. Keep one."),
    # between the files
    "unknown_reference": _("%(value)s is not in %(file)s. Correct the code or add it there."),
    "retired_reference": _("%(value)s of %(file)s is out of use. Choose another one."),
    "station_in_use": _("Open tasks of %(orders)s can be done at %(value)s only. Finish or cancel them first."),
    "badge_taken": _("The badge %(value)s belongs to %(person)s. Give another one."),
    "bom_cycle": _("The bill of material goes round in a circle: %(path)s. Take one of these lines out."),
    "no_such_operation": _("%(item)s has no operation %(value)s (it has: %(known)s). Correct it or add the operation."),
    "no_station": _("No station can do the operation %(value)s. Add a row to operation_stations."),
    "no_routing": _("%(value)s is made here and has no routing. Add its operations to routings."),
    "stock_moved": _("Stock of %(value)s was moved already, so this stays %(before)s. Make a new item instead."),
    "not_made": _("%(value)s is not made here (%(supply)s). Order an item that is."),
    "machine_elsewhere": _("%(value)s does not stand at %(station)s but at %(stands)s. Correct one of them."),
    "no_tag": _("No machine at %(stations)s has a tag that means %(value)s. Correct the meaning or the register map."),
    "lot_needed": _("%(value)s is tracked by lot. Name the lot."),
    "lot_not_tracked": _("%(value)s is not tracked by lot. Leave the lot empty or set lot_tracked."),
    "own_unit": _("%(value)s is the stock unit itself. List other units only."),
    # the process graph
    "process_cycle": _("The operations of %(item)s go round in a circle: %(path)s. Make the way back a rework link."),
    "unreachable": _("%(item)s: %(operation)s is not linked with the rest. Add a link."),
    "bad_rework": _("%(item)s: rework from %(pred)s must go back to an operation before it, not to %(succ)s."),
    "bad_alternate": _("%(item)s: the alternate group %(group)s does not hold at %(operation)s: %(reason)s."),
    "duplicate_key": _("%(item)s: %(key)s is linked twice. Keep one link."),
    # running orders
    "no_such_order": _("There is no order %(value)s. Add it to orders."),
    "several_places": _("%(value)s stands at several places of the structure (%(places)s). Name one in place."),
    "units_disagree": _("%(value)s are told good here, but %(units)s open units have passed. Correct one of them."),
    "scrapped_units": _("Scrapped units are not open. Lower the quantity of the order by %(value)s instead."),
    "does_not_add_up": _("%(order)s: %(why)s"),
    # register maps
    "map_problem": _("The register map does not hold: %(problem)s %(value)s. docs/devices.md shows the form."),
    "map_twice": _("%(value)s stands in more than one register map. Keep one."),
}

REASONS: dict[str, LazyString] = {
    "has a single member": _("it has a single member"),
    "a branch has two ends": _("one of its branches has two ends"),
    "waits for branches of which one is chosen": _("it would wait for branches of which only one is chosen"),
    "a branch comes in twice": _("one branch comes in twice"),
}


def sentence(problem: Problem) -> str:
    """What is wrong, in the language of the request."""
    words = WORDS.get(problem.code)
    if words is None:
        return gettext("Refused: %(code)s.", code=problem.code)
    values = dict(problem.values)
    if problem.code == "does_not_add_up":
        values["why"] = refused(Refused(values["refusal"], **values["values"]))
    if values.get("reason") in REASONS:
        values["reason"] = str(REASONS[values["reason"]])
    said = str(words) % values
    if not values.get("close"):
        return said
    return said + " " + gettext("Did you mean %(close)s?", close=values["close"])


def place(problem: Problem) -> str:
    """Where it is, in the language of the request."""
    if problem.row is None:
        return f"{problem.file} {problem.column}" if problem.column else problem.file
    if problem.column is None:
        return gettext("%(file)s, row %(row)s", file=problem.file, row=problem.row)
    return gettext(
        "%(file)s, row %(row)s, column %(column)s", file=problem.file, row=problem.row, column=problem.column
    )
