"""What each role may do, as one readable matrix."""

from collections.abc import Callable
from typing import Any, TypeVar

PUBLIC = "public"
View = TypeVar("View", bound=Callable[..., Any])

_READ = {"orders.view", "plan.view", "trace.view", "board.view", "devices.view", "live.view", "quality.view"}
ROLES: dict[str, frozenset[str]] = {
    "operator": frozenset({"station.use", "board.view", "live.view", "orders.view", "trace.view"}),
    "lead": frozenset(
        _READ | {"station.use", "lead.act", "orders.hold", "reports.correct", "limits.override", "notices.act",
                 "quality.hold"}
    ),
    "planner": frozenset(_READ | {"orders.edit", "orders.release", "orders.hold", "plan.edit", "export", "api.use"}),
    "quality": frozenset(_READ | {"quality.edit", "quality.hold", "orders.hold", "notices.act", "export"}),
    "service": frozenset(_READ | {"orders.edit", "service.edit"}),
    "wall": frozenset({"board.view", "live.view"}),
    "admin": frozenset(
        _READ | {"admin", "station.use", "lead.act", "orders.edit", "orders.release", "orders.hold", "plan.edit",
                 "reports.correct", "limits.override", "notices.act", "quality.edit", "quality.hold", "service.edit",
                 "export", "api.use", "devices.edit"}
    ),
}  # fmt: skip


def permissions(roles: frozenset[str]) -> frozenset[str]:
    """All that a set of roles may do; ``account`` comes with being signed in."""
    return frozenset({"account"}).union(*(ROLES.get(role, frozenset()) for role in roles))


def allow(permission: str) -> Callable[[View], View]:
    """Mark a view with what its caller must be allowed; PUBLIC lets everybody in."""

    def mark(view: View) -> View:
        view.policy = permission  # type: ignore[attr-defined]
        return view

    return mark


def policy_of(view: Any) -> str | None:
    """The permission a view asks for; None when it says nothing (and is therefore closed)."""
    return getattr(view, "policy", None)
