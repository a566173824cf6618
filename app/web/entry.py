"""What a person typed into a form: read once, kept as it was, with a sentence under every field that is wrong."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from app.errors import Refused
from app.i18n import gettext as _
from app.words import sentence

_FIELDS = {"quantity.wrong": "quantity", "quantity.decimals": "quantity"}


class Entry:
    """Reads fields of a form; ``wrong`` holds a sentence by field name, "" for the form as a whole."""

    def __init__(self, form: MultiDict[str, str], zone: str) -> None:
        self.form = form
        self.zone = ZoneInfo(zone)
        self.wrong: dict[str, str] = {}

    def text(self, name: str, required: bool = False, longest: int = 200) -> str:
        """The trimmed text of a field."""
        value = self.form.get(name, "").strip()
        if required and not value:
            self.wrong[name] = _("Fill this in.")
        if len(value) > longest:
            self.wrong[name] = _("At most %(longest)s characters fit.", longest=longest)
        return value

    def number(self, name: str, above: Decimal | None = None) -> Decimal:
        """A decimal number written with a point or a comma; NaN and infinity are none."""
        value = self.text(name, required=True, longest=30)
        try:
            number = Decimal(value.replace(",", ".")) if value else Decimal(0)
        except InvalidOperation:
            number = Decimal("NaN")
        if value and (not number.is_finite() or (above is not None and number <= above)):
            self.wrong[name] = _("%(value)s is not a number above %(above)s.", value=value, above=above or 0)
        return number if number.is_finite() else Decimal(0)

    def whole(self, name: str, least: int, most: int, usual: int) -> int:
        """A whole number in a range."""
        value = self.form.get(name, "").strip()
        if value.isdigit() and value.isascii() and least <= int(value) <= most:
            return int(value)
        if value:
            self.wrong[name] = _("Choose a number from %(least)s to %(most)s.", least=least, most=most)
        return usual

    def moment(self, name: str, required: bool = False) -> datetime | None:
        """A date and time typed in the site's zone, as UTC."""
        value = self.text(name, required=required, longest=30)
        if not value:
            return None
        try:
            return datetime.fromisoformat(value).replace(tzinfo=self.zone).astimezone(UTC)
        except (ValueError, OverflowError):
            self.wrong[name] = _("%(value)s is no date with time.", value=value)
            return None

    def refuse(self, error: Refused) -> None:
        """Put what a service refused under its field, or over the form when it is about none of them."""
        name = _FIELDS.get(error.code) or str(error.values.get("field", "")) or error.code.partition(".")[0]
        self.wrong[name if name in self.form else ""] = sentence(error)

    def field(self, name: str, label: str, **more: Any) -> dict[str, Any]:
        """What the page kit's ``field`` wants, with the value as typed and what is wrong with it."""
        value = self.form.get(name, more.pop("value", ""))
        return {"name": name, "label": label, "value": value, "error": self.wrong.get(name)} | more


def local_text(moment: datetime | None, zone: str) -> str:
    """A moment as a date-and-time field shows it, in the site's zone."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M") if moment else ""
