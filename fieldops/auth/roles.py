"""Who may do what: one table, deny by default. Source: domain reference, roles.

A view names its action with ``needs("visits.approve")``; an action that is not in the table is refused to everybody,
and a test holds that every view names one that is.
"""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """The posts of a collection company, and the guests it lets look."""

    PHONE_COLLECTOR = "PHONE_COLLECTOR"  # 电催员
    FIELD_AGENT = "FIELD_AGENT"  # 外访员
    ADMIN_CLERK = "ADMIN_CLERK"  # 行政（信函）
    ADMIN_APPROVER = "ADMIN_APPROVER"  # 行政审批
    SUPERVISOR = "SUPERVISOR"  # 催收主管
    MANAGER = "MANAGER"  # 公司经理
    BUSINESS_DEPT = "BUSINESS_DEPT"  # 业务部
    QA = "QA"  # 质检稽核
    BANK_VIEWER = "BANK_VIEWER"  # 委托方只读
    SYSADMIN = "SYSADMIN"  # 系统管理


_PHONE, _FIELD, _CLERK, _ADMIN = Role.PHONE_COLLECTOR, Role.FIELD_AGENT, Role.ADMIN_CLERK, Role.ADMIN_APPROVER
_SUPER, _MANAGER, _BUSINESS, _QA = Role.SUPERVISOR, Role.MANAGER, Role.BUSINESS_DEPT, Role.QA
_SYS = Role.SYSADMIN

_OFFICE = {_PHONE, _SUPER, _MANAGER, _BUSINESS, _QA}
_DESK = _OFFICE | {_CLERK, _ADMIN}

ACTIONS: dict[str, frozenset[Role]] = {
    action: frozenset(roles)
    for action, roles in {
        "accounts.manage": {_SYS},
        "accounts.self": set(Role),
        "imports.run": {_BUSINESS, _SYS},
        "imports.read": {_BUSINESS, _SUPER, _MANAGER, _QA, _SYS, _CLERK},
        "cases.read": _DESK,
        "events.record": {_BUSINESS, _SUPER, _MANAGER},
        "repayments.reverse": {_BUSINESS, _MANAGER},
        "holds.release": {_SUPER, _MANAGER},
        "statuses.lift": {_SUPER, _MANAGER},
        "cases.step": {_BUSINESS, _SUPER, _MANAGER},
        "complaints.read": _OFFICE,
        "complaints.handle": {_BUSINESS, _SUPER, _MANAGER},
        "complaints.close": {_SUPER, _MANAGER},
        "third_parties.record": {_PHONE, _BUSINESS, _SUPER, _MANAGER},
        "third_parties.lift": {_MANAGER},
        "addresses.read": _DESK,
        "addresses.lift": {_SUPER},
        "addresses.repair": {_PHONE, _BUSINESS, _SUPER},
        "agents.manage": {_BUSINESS, _SUPER, _MANAGER},
        "agents.unblock": {_MANAGER},
        "agents.read": _DESK,
        "visits.request": {_PHONE, _BUSINESS, _SUPER},
        "visits.read": _OFFICE,
        "visits.approve": {_SUPER},
        "visits.cancel": {_PHONE, _BUSINESS, _SUPER, _MANAGER},
        "batches.make": {_SUPER, _BUSINESS},
        "batches.read": _OFFICE,
        "plans.make": {_SUPER, _BUSINESS},
        "plans.publish": {_SUPER},
        "plans.call_off": {_SUPER},
        "plans.read": _OFFICE,
        "policies.read": _DESK | {_SYS},
        "policies.draft": {_BUSINESS, _SUPER, _MANAGER},
        "policies.activate": {_MANAGER},
        "policies.try": {_BUSINESS, _SUPER, _MANAGER, _QA},
        "results.read": _OFFICE,
        "results.review": {_SUPER, _QA},
        "mobile.sync": {_FIELD},
        "devices.read": {_SUPER, _MANAGER, _QA, _SYS},
        "devices.manage": {_SUPER, _SYS},
        "evidence.list": _OFFICE,
        "evidence.look": {_SUPER, _MANAGER, _QA},
        "evidence.hold": {_SUPER, _MANAGER},
        "evidence.destroy": {_MANAGER},
        "letters.request": {_PHONE, _BUSINESS, _SUPER, _CLERK},
        "letters.read": _DESK,
        "letters.approve": {_SUPER},
        "letters.approve_quantity": {_ADMIN},
        "letters.print": {_CLERK},
        "letters.witness": {_CLERK, _ADMIN, _SUPER},
        "letters.register": {_CLERK},
        "letters.reconcile": {_CLERK, _ADMIN},
        "letters.handover": {_CLERK},
        "letters.track": {_CLERK},
        "letters.cancel": {_PHONE, _BUSINESS, _SUPER, _CLERK},
        "ranges.manage": {_ADMIN},
        "stock.keep": {_ADMIN},
        "stock.hold": {_CLERK, _ADMIN},
        "stock.read": {_CLERK, _ADMIN, _SUPER, _QA},
        "register.read": {_CLERK, _ADMIN, _SUPER, _MANAGER, _QA},
        "register.correct": {_ADMIN},
        "templates.manage": {_BUSINESS, _SUPER, _ADMIN},
        "templates.approve": {_SUPER, _MANAGER},
        "tasks.read": _DESK,
        "tasks.do": _DESK,
    }.items()
}


def may(roles: frozenset[str], action: str) -> bool:
    """Whether one of these roles is allowed the action; an unknown action is allowed to nobody."""
    return not ACTIONS.get(action, frozenset()).isdisjoint(roles)
