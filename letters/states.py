"""What may happen next to a letter, a print batch and a registered item: three tables.

Source: domain.md §3.2. Posted, delivered and closed are three different facts; undo is an event of its own.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from letters.errors import MoveRefused


class LetterState(StrEnum):
    """Where a letter stands. Posted, delivered and closed are three different facts."""

    GENERATED = "GENERATED"  # 已生成
    QUEUED = "QUEUED"  # in a print batch 待打印
    PRINTED = "PRINTED"  # 已打印
    SEALED = "SEALED"  # 已装封
    POSTED = "POSTED"  # 已交寄
    DELIVERED = "DELIVERED"  # 已妥投
    RETURNED = "RETURNED"  # 已退回
    LOST = "LOST"  # 遗失
    ISSUED_TO_CREW = "ISSUED_TO_CREW"  # 领用
    HANDED = "HANDED"  # 面交
    LEFT_SEALED = "LEFT_SEALED"  # 留置
    BROUGHT_BACK = "BROUGHT_BACK"  # 带回
    CANCELLED = "CANCELLED"  # 取消, before printing
    VOID = "VOID"  # 作废, after printing: the number is consumed
    CLOSED = "CLOSED"  # 已归档: the outcome's evidence is filed


class BatchState(StrEnum):
    """Where a print batch stands."""

    DRAFT = "DRAFT"
    PENDING_APPROVAL = "PENDING_APPROVAL"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    PRINTED = "PRINTED"
    RECONCILED = "RECONCILED"
    CLOSED = "CLOSED"


class ItemState(StrEnum):
    """Where a registered item stands."""

    REGISTERED = "REGISTERED"  # the number is bound
    POSTED = "POSTED"  # 已收寄
    IN_TRANSIT = "IN_TRANSIT"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    UNCLAIMED_HELD = "UNCLAIMED_HELD"  # 待领
    REFUSED = "REFUSED"  # 拒收
    RETURNING = "RETURNING"
    DELIVERED = "DELIVERED"  # 妥投
    RETURNED = "RETURNED"
    LOST = "LOST"
    CLAIMED = "CLAIMED"  # 已索赔
    VOID = "VOID"  # spoiled before posting: the number is never used again


_L, _B, _I = LetterState, BatchState, ItemState

# event: {state: next state}. What is not in the table may not happen.
LETTER_MOVES: Mapping[str, Mapping[LetterState, LetterState]] = {
    "queue": {_L.GENERATED: _L.QUEUED},
    "unqueue": {_L.QUEUED: _L.GENERATED},
    "print": {_L.QUEUED: _L.PRINTED},
    "reprint": {_L.PRINTED: _L.PRINTED},  # a counted, marked copy of the same bytes
    "seal": {_L.PRINTED: _L.SEALED},
    "post": {_L.SEALED: _L.POSTED},
    "deliver": {_L.POSTED: _L.DELIVERED},
    "return": {_L.POSTED: _L.RETURNED},
    "lose": {_L.POSTED: _L.LOST},
    "remail": {_L.RETURNED: _L.SEALED},  # under a new number
    "issue": {_L.SEALED: _L.ISSUED_TO_CREW},
    "hand": {_L.ISSUED_TO_CREW: _L.HANDED},
    "leave": {_L.ISSUED_TO_CREW: _L.LEFT_SEALED},
    "bring_back": {_L.ISSUED_TO_CREW: _L.BROUGHT_BACK},
    "reseal": {_L.BROUGHT_BACK: _L.SEALED},
    "cancel": {_L.GENERATED: _L.CANCELLED, _L.QUEUED: _L.CANCELLED},
    "void": {_L.PRINTED: _L.VOID, _L.SEALED: _L.VOID, _L.BROUGHT_BACK: _L.VOID},
    "close": dict.fromkeys((_L.DELIVERED, _L.RETURNED, _L.LOST, _L.HANDED, _L.LEFT_SEALED), _L.CLOSED),
    "undo_post": {_L.POSTED: _L.SEALED},  # the post struck it off the signed list
    "undo_outcome": {
        **dict.fromkeys((_L.DELIVERED, _L.RETURNED, _L.LOST), _L.POSTED),
        **dict.fromkeys((_L.HANDED, _L.LEFT_SEALED), _L.ISSUED_TO_CREW),
    },
}
# A hold is a mark on the letter, not a state, so its release needs no memory: held paper moves only out of circulation,
# and what the post or the crew already has in hand may still be reported.
LETTER_MOVES_WHILE_HELD = frozenset(
    {"unqueue", "cancel", "void", "deliver", "return", "lose", "hand", "leave", "bring_back", "close", "undo_outcome"}
)

BATCH_MOVES: Mapping[str, Mapping[BatchState, BatchState]] = {
    "submit": {_B.DRAFT: _B.PENDING_APPROVAL},
    "approve": {_B.PENDING_APPROVAL: _B.APPROVED},
    "reject": {_B.PENDING_APPROVAL: _B.REJECTED},
    "print": {_B.APPROVED: _B.PRINTED},
    "reconcile": {_B.PRINTED: _B.RECONCILED},
    "close": {_B.RECONCILED: _B.CLOSED},  # nothing of it is open any longer
    "differ": dict.fromkeys((_B.RECONCILED, _B.CLOSED), _B.PRINTED),  # a later count does not agree
}

_ON_THE_WAY = (_I.POSTED, _I.IN_TRANSIT, _I.OUT_FOR_DELIVERY)
ITEM_MOVES: Mapping[str, Mapping[ItemState, ItemState]] = {
    "post": {_I.REGISTERED: _I.POSTED},
    "void": {_I.REGISTERED: _I.VOID},
    "undo_post": {_I.POSTED: _I.REGISTERED},
    "in_transit": {_I.POSTED: _I.IN_TRANSIT, _I.IN_TRANSIT: _I.IN_TRANSIT},
    "arrive": {_I.POSTED: _I.IN_TRANSIT, _I.IN_TRANSIT: _I.IN_TRANSIT},
    "out_for_delivery": dict.fromkeys((*_ON_THE_WAY, _I.UNCLAIMED_HELD), _I.OUT_FOR_DELIVERY),
    "deliver": dict.fromkeys(_ON_THE_WAY, _I.DELIVERED),
    "hold_for_collection": dict.fromkeys(_ON_THE_WAY, _I.UNCLAIMED_HELD),
    "collect": {_I.UNCLAIMED_HELD: _I.DELIVERED},
    "storage_expired": {_I.UNCLAIMED_HELD: _I.RETURNING},
    "refuse": dict.fromkeys((*_ON_THE_WAY, _I.UNCLAIMED_HELD), _I.REFUSED),
    "send_back": dict.fromkeys((*_ON_THE_WAY, _I.REFUSED, _I.UNCLAIMED_HELD), _I.RETURNING),
    # the post brings back many items without a word on the way
    "return": dict.fromkeys((*_ON_THE_WAY, _I.UNCLAIMED_HELD, _I.REFUSED, _I.RETURNING), _I.RETURNED),
    "lose": dict.fromkeys((*_ON_THE_WAY, _I.UNCLAIMED_HELD, _I.REFUSED, _I.RETURNING), _I.LOST),
    "claim": {_I.LOST: _I.CLAIMED},
    "undo_outcome": dict.fromkeys((_I.DELIVERED, _I.RETURNED, _I.LOST, _I.REFUSED, _I.RETURNING), _I.IN_TRANSIT),
}

State = TypeVar("State", LetterState, BatchState, ItemState)

_TABLES: Mapping[type[StrEnum], tuple[str, Mapping[str, Mapping[Any, Any]]]] = {
    LetterState: ("A letter", LETTER_MOVES),
    BatchState: ("A print batch", BATCH_MOVES),
    ItemState: ("A registered item", ITEM_MOVES),
}


def may(current: State, event: str, *, held: bool = False) -> State:
    """Return the state after `event`.

    `held`: the letter is under a hold (停催).
    Raises: MoveRefused, naming what may happen instead.
    Example:
        >>> may(LetterState.SEALED, "post")
        <LetterState.POSTED: 'POSTED'>
    """
    kind = type(current)
    name, moves = _TABLES[kind]
    allowed = events_from(current, held=held)
    if event not in allowed:
        why = " under a hold" if held else ""
        raise MoveRefused(
            f"{name} that is {current}{why} cannot {event}: it may {', '.join(allowed) or 'not move again'}."
        )
    return kind(moves[event][current])


def events_from(current: State, *, held: bool = False) -> tuple[str, ...]:
    """Return the events that may happen to something in this state."""
    kind = type(current)
    stopped = held and kind is LetterState
    return tuple(
        event
        for event, froms in _TABLES[kind][1].items()
        if current in froms and not (stopped and event not in LETTER_MOVES_WHILE_HELD)
    )
