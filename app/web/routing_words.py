"""Words of the routing pages: columns, kinds of links, and what is wrong with a draft."""

from fractions import Fraction

from flask_babel import LazyString

from app.i18n import gettext as _
from app.i18n import lazy_gettext
from app.services.importing.words import sentence
from app.services.routings.check import Found

SHEETS: dict[str, LazyString] = {
    "routings": lazy_gettext("Operation"), "operation_links": lazy_gettext("Link"),
    "operation_stations": lazy_gettext("Station"), "characteristics": lazy_gettext("Check"),
}  # fmt: skip
COLUMNS: dict[str, LazyString] = {
    "operation": lazy_gettext("Key"), "position": lazy_gettext("Place in the list"), "name": lazy_gettext("Name"),
    "name_zh": lazy_gettext("Chinese name"), "kind": lazy_gettext("Kind"),
    "piece_min": lazy_gettext("Minutes a piece"), "fixed_min": lazy_gettext("Set-up minutes"),
    "optional": lazy_gettext("May be skipped"), "alternate_group": lazy_gettext("Choice group"),
    "batch_size": lazy_gettext("Pieces together"), "setup_family": lazy_gettext("Set-up family"),
    "outside_min": lazy_gettext("Minutes outside"), "max_loops": lazy_gettext("Rework loops at most"),
    "skill": lazy_gettext("Skill"), "instruction": lazy_gettext("Instruction"),
    "instruction_zh": lazy_gettext("Chinese instruction"), "parameters": lazy_gettext("Parameters"),
    "pred": lazy_gettext("From"), "succ": lazy_gettext("To"), "type": lazy_gettext("Waits for"),
    "lag_min": lazy_gettext("Lag in minutes"), "transfer_batch": lazy_gettext("Transfer batch"),
    "station": lazy_gettext("Station"), "machine": lazy_gettext("Machine"), "factor": lazy_gettext("Time factor"),
    "preference": lazy_gettext("Preference"), "code": lazy_gettext("Code"),
    "unit": lazy_gettext("Unit of measure"), "lower": lazy_gettext("Lower limit"), "target": lazy_gettext("Target"),
    "upper": lazy_gettext("Upper limit"), "source": lazy_gettext("Measured by"),
    "meaning": lazy_gettext("Tag of the machine"), "required": lazy_gettext("Required"),
}  # fmt: skip
CHOICES: dict[str, LazyString] = {
    "finish_start": lazy_gettext("end to start"), "start_start": lazy_gettext("start to start"),
    "normal": lazy_gettext("normal"), "rework": lazy_gettext("rework"), "alternate": lazy_gettext("choice"),
    "variable": lazy_gettext("measured"), "attribute": lazy_gettext("judged"),
    "person": lazy_gettext("person"), "device": lazy_gettext("machine"),
    "yes": lazy_gettext("yes"), "no": lazy_gettext("no"),
}  # fmt: skip
STATUS: dict[str, LazyString] = {
    "draft": lazy_gettext("Draft"), "approved": lazy_gettext("approved"), "retired": lazy_gettext("retired"),
}  # fmt: skip
# Where the importer speaks of files, the page speaks of what stands on it.
FOUND: dict[str, LazyString] = {
    "no_operations": lazy_gettext("There is no operation yet. Add the first one."),
    "no_station": lazy_gettext("No station can do %(value)s. Give it one."),
    "no_such_operation": lazy_gettext("There is no operation %(value)s. Correct it or add the operation."),
    "unknown_reference": lazy_gettext("%(value)s is not known here. Correct the code."),
    "line_without_operation": lazy_gettext(
        "The bill of material hands %(component)s to the operation %(value)s, which is not here. Add it, or change the"
        " bill first."
    ),
    "no_skilled": lazy_gettext("Nobody has the skill %(value)s that %(operation)s needs."),
    "no_skill": lazy_gettext("Everybody may do these, they name no skill: %(operations)s."),
    "no_machine": lazy_gettext("No machine stands where %(operation)s is done (%(stations)s): nothing can be set or"
                               " measured."),
}  # fmt: skip


def words_of(found: Found) -> str:
    """A finding in a sentence, the place in front."""
    problem = found.problem
    words = FOUND.get(problem.code)
    said = str(words) % dict(problem.values) if words is not None else sentence(problem)
    column = COLUMNS.get(problem.column or "")
    if column is None or found.hint or problem.file == "bom" or not found.key:
        return said
    return _("%(key)s, %(column)s: %(problem)s", key=" → ".join(found.key[:2]), column=column, problem=said)


def minutes(value: Fraction | int) -> str:
    """A duration in hours and minutes, rounded up."""
    whole = int(-(-value // 1))
    hours, rest = divmod(whole, 60)
    if not hours:
        return _("%(count)s min", count=rest)
    return _("%(hours)s h %(minutes)s min", hours=hours, minutes=rest) if rest else _("%(count)s h", count=hours)
