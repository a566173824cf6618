"""What each role may do, as one readable matrix."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

PUBLIC = "public"
# Who releases, approves, undoes for others or overrides answers for it: these ask for the secret again.
AGAIN = frozenset({"orders.release", "engineering.approve", "reports.correct", "limits.override"})
View = TypeVar("View", bound=Callable[..., Any])

_READ = {"orders.view", "plan.view", "trace.view", "board.view", "devices.view", "live.view", "quality.view"}
ROLES: dict[str, frozenset[str]] = {
    "operator": frozenset({"station.use", "pack", "board.view", "live.view", "orders.view", "trace.view"}),
    "lead": frozenset(
        _READ | {"station.use", "lead.act", "orders.hold", "orders.route", "stock.move", "pack",
                 "reports.correct", "limits.override", "notices.act", "quality.hold"}
    ),
    "planner": frozenset(
        _READ | {"orders.edit", "orders.release", "orders.hold", "orders.route", "stock.move", "pack",
                 "plan.edit", "export", "api.use"}
    ),
    "quality": frozenset(_READ | {"quality.edit", "quality.hold", "orders.hold", "notices.act", "export"}),
    "engineer": frozenset(_READ | {"export"}),
    "service": frozenset(_READ | {"orders.edit", "service.edit"}),
    "throttle": frozenset({"devices.view", "board.view", "live.view", "limits.throttle", "limits.override"}),
    "wall": frozenset({"board.view", "live.view"}),
    "admin": frozenset(
        _READ | {"admin", "station.use", "lead.act", "orders.edit", "orders.release", "orders.hold", "orders.route",
                 "stock.move", "pack", "plan.edit", "reports.correct", "limits.override", "limits.throttle",
                 "notices.act", "quality.edit",
                 "quality.hold", "service.edit", "export", "api.use", "devices.edit"}
    ),
}  # fmt: skip

# Whoever hands out parts prints their labels; a badge opens stations, so those who answer for people issue it.
_PRINTING = {
    "reports.view": ("lead", "planner", "quality", "admin"),
    "labels.print": ("operator", "lead", "planner", "quality", "admin"),
    "labels.badges": ("lead", "admin"),
}
# What is made of what, and how: the engineer writes it, the engineer and quality approve what somebody else wrote.
_ENGINEERING = {
    "engineering.view": ("lead", "planner", "quality", "engineer", "admin"),
    "engineering.edit": ("engineer", "admin"),
    "engineering.approve": ("quality", "engineer", "admin"),
}
for _permission, _roles in (_PRINTING | _ENGINEERING).items():
    for _role in _roles:
        ROLES[_role] |= {_permission}


def permissions(roles: frozenset[str]) -> frozenset[str]:
    """All that a set of roles may do; ``account`` comes with being signed in."""
    return frozenset({"account"}).union(*(ROLES.get(role, frozenset()) for role in roles))


def allow(permission: str, again: bool | Mapping[str, str] = False) -> Callable[[View], View]:
    """Mark a view with what its caller must be allowed; PUBLIC lets everybody in.

    ``again``: what is sent there also wants the secret entered lately, as all that a permission of ``AGAIN`` does;
    given fields and values, only a form that holds them does.
    """

    def mark(view: View) -> View:
        view.policy = permission  # type: ignore[attr-defined]
        view.again = permission in AGAIN or again  # type: ignore[attr-defined]
        return view

    return mark


def policy_of(view: Any) -> str | None:
    """The permission a view asks for; None when it says nothing (and is therefore closed)."""
    return getattr(view, "policy", None)


def asks_again(view: Any, form: Callable[[], Mapping[str, str]]) -> bool:
    """Whether what is sent to a view wants the secret entered lately.

    ``form`` gives what was filled in; it is called only where that matters, because reading a body takes it away from
    whoever wants to judge its size and kind.
    """
    wanted = getattr(view, "again", False)
    if isinstance(wanted, Mapping):
        filled = form()
        return all(filled.get(name) == value for name, value in wanted.items())
    return bool(wanted)
