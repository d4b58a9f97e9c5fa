"""To the post: a registered number for each sealed letter, the handover list, the hand-over itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from fieldops import audit, jobs
from fieldops.clock import local_date
from fieldops.correspondence import queries, register
from fieldops.correspondence.facts import TrackingFact
from fieldops.correspondence.gates import Refusal, pass_gate
from fieldops.correspondence.mail import numbers
from fieldops.correspondence.models import HandoverList, MailItem
from fieldops.correspondence.moves import move_item, move_letter, withdraw_letters
from fieldops.errors import NotNow, NotUnderstood
from fieldops.policies.catalogue import Stage
from letters.postage import registered_postage_fen, weight_g
from letters.register import EntryKind
from letters.states import LetterState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.correspondence.models import Letter

FILES = "correspondence.handover_files"
BY_MAIL = "REGISTERED_MAIL"
PREPARING, OPEN, HANDED_OVER = "PREPARING", "OPEN", "HANDED_OVER"


def register_batch(
    session: Session, actor: audit.Actor, batch_id: UUID, *, postage_fen: int | None = None
) -> list[MailItem]:
    """Bind the next registered numbers to the sealed letters of a batch that go by mail.

    Letters that have a number keep it; without ``postage_fen`` each costs the tariff of its weight.
    Raises: NotNow without a sealed letter, or when the ranges hold too few.
    """
    batch = queries.lock_batch(session, batch_id)
    letters = [
        letter
        for letter in queries.lock_letters_of_batch(session, batch.id, LetterState.SEALED)
        if letter.delivery == BY_MAIL and queries.live_item_of(session, letter.id) is None
    ]
    if not letters:
        raise NotNow("NOTHING_TO_REGISTER", f"Batch {batch.no} has no sealed letter without a number; seal it first.")
    taken = numbers.take_numbers(session, actor.at, len(letters))
    return _bind(session, actor, list(zip(letters, taken, strict=True)), postage_fen)


def register_letter(
    session: Session, actor: audit.Actor, letter_id: UUID, *, tracking_no: str, postage_fen: int | None = None
) -> MailItem:
    """Bind a typed or scanned number to one sealed letter.

    Raises: NotUnderstood LR-071 for a number that is malformed, foreign or used; NotNow for a letter that is not
    sealed, not for the post, or has a number.
    """
    (letter,) = queries.lock_letters(session, [letter_id])
    if letter.status != LetterState.SEALED or letter.delivery != BY_MAIL:
        raise NotNow(
            "LETTER_STATE",
            f"A {letter.delivery} letter that is {letter.status} takes no number; seal a letter for the post first.",
        )
    if queries.live_item_of(session, letter.id) is not None:
        raise NotNow("HAS_NUMBER", "The letter has its registered number; one letter is one item.")
    number = numbers.claim_number(session, actor.at, tracking_no)
    (item,) = _bind(session, actor, [(letter, number)], postage_fen)
    return item


def collect_list(session: Session, actor: audit.Actor, *, on_date: date, post_office: str) -> HandoverList:
    """Make the list of a day and office from every item that waits, each asked again; an open list is made anew.

    An item whose letter the rules refuse for good is void and stays out; one that is held waits. The files follow by
    a job. Raises: NotUnderstood for a list of a day that is over, NotNow when nothing is left to hand over.
    """
    handover = _open_list(session, actor, on_date, post_office)
    left_out = _collect(session, actor, handover)
    items = [item for item, _ in queries.items_of_list(session, handover.id)]
    handover.left_out = [
        {"letter_no": each.letter.letter_no, "codes": list(each.codes), "withdrawn": each.withdrawn}
        for each in left_out
    ]
    handover.pieces, handover.status = len(items), PREPARING
    handover.weight_g = sum(item.weight_g for item in items)
    handover.postage_fen = sum(item.postage_fen for item in items)
    handover.pdf_sha256 = handover.xlsx_sha256 = None
    handover.version += 1
    about = {"no": handover.no, "pieces": handover.pieces, "left_out": len(left_out)}
    audit.record(session, actor, "handover.collect", "handover_list", handover.id, reason=None, **about)
    if items:
        jobs.defer(session, FILES, list_id=str(handover.id), version=handover.version)
    return handover


def hand_over(session: Session, actor: audit.Actor, list_id: UUID) -> HandoverList:
    """Record that the post took the items of a list: it is locked, items and letters are posted, and registered so.

    Raises: NotNow when its files are not made, it was handed over, or an item left it or must not go any longer.
    """
    handover = queries.lock_list(session, list_id)
    if handover.status != OPEN:
        raise NotNow(
            "LIST_STATE",
            f"List {handover.no} is {handover.status}; only an OPEN one is handed over.",
            status=handover.status,
        )
    letters = {letter.id: letter for letter in queries.lock_letters(session, _letter_ids(session, list_id))}
    pairs = [(item, letters[letter.id]) for item, letter in queries.items_of_list(session, list_id)]
    _require_unchanged(session, actor, handover, pairs)
    for item, letter in pairs:
        move_item(session, actor, item, "post")
        item.posted_at = actor.at
        move_letter(session, actor, letter, "post")
    handover.status, handover.handed_over_at, handover.handed_over_by = HANDED_OVER, actor.at, actor.name
    handover.version += 1
    audit.record(session, actor, "handover.hand_over", "handover_list", handover.id, no=handover.no, pieces=len(pairs))
    receipt = f"{handover.no} {handover.post_office}"
    register.enter(
        session,
        actor,
        [
            register.Line(EntryKind.POSTED, letter, tracking_no=item.tracking_no, receipt=receipt)
            for item, letter in pairs
        ],
    )
    return handover


def void_item(session: Session, actor: audit.Actor, item_id: UUID, *, reason: str) -> MailItem:
    """Void an item before posting, with its letter: the number is consumed and the paper shredded. Raises: NotNow."""
    item = queries.item_by_id(session, item_id)
    (letter,) = queries.lock_letters(session, [item.letter_id])
    if not withdraw_letters(session, actor, [letter], reason=reason):
        raise NotNow(
            "ITEM_STATE",
            f"Item {item.tracking_no} is {item.status}; only one that waits can be voided.",
            status=item.status,
        )
    return item


def _bind(
    session: Session, actor: audit.Actor, pairs: Sequence[tuple[Letter, str]], postage_fen: int | None
) -> list[MailItem]:
    items = [
        MailItem(
            letter_id=letter.id,
            carrier_no=numbers.CHINA_POST_NO,
            tracking_no=number,
            status="REGISTERED",
            remails_id=old.id if (old := queries.returned_item_of(session, letter.id)) else None,
            weight_g=(grams := weight_g(letter.sheets or 1)),
            postage_fen=registered_postage_fen(grams) if postage_fen is None else postage_fen,
        )
        for letter, number in pairs
    ]
    session.add_all(items)
    session.flush()
    for item, (letter, number) in zip(items, pairs, strict=True):
        said = {"tracking_no": number, "letter_no": letter.letter_no}
        audit.record(session, actor, "mail.register", "mail_item", item.id, **said)
    register.enter(
        session, actor, [register.Line(EntryKind.REGISTERED, letter, tracking_no=number) for letter, number in pairs]
    )
    return items


def _open_list(session: Session, actor: audit.Actor, on_date: date, post_office: str) -> HandoverList:
    same = sa.select(HandoverList).filter_by(on_date=on_date, post_office=post_office)
    found = session.scalar(same.where(HandoverList.status != HANDED_OVER).with_for_update())
    if found is not None:
        return found
    if on_date < local_date(actor.at):
        raise NotUnderstood("LIST_DAY", f"{on_date} is over; give the day on which the post takes the items.")
    made = HandoverList(
        no=f"JJ{on_date:%Y%m%d}{session.scalar(sa.Sequence('handover_no')):05d}",
        on_date=on_date,
        post_office=post_office,
        status=PREPARING,
        pieces=0,
        weight_g=0,
        postage_fen=0,
        made_by=actor.name,
    )
    session.add(made)
    session.flush()
    return made


def _collect(session: Session, actor: audit.Actor, handover: HandoverList) -> list[Refusal]:
    """Put every item that may go on the list, and say which may not."""
    waiting = [item.letter_id for item in queries.items_to_hand_over(session)]
    letters = queries.lock_letters(session, {*waiting, *_letter_ids(session, handover.id)})
    items = {letter.id: queries.live_item_of(session, letter.id) for letter in letters}
    live = [letter for letter in letters if (item := items[letter.id]) is not None and item.status == "REGISTERED"]
    if not live and not handover.pieces:
        raise NotNow("NOTHING_TO_HAND_OVER", "No registered item waits for the post; register a sealed batch first.")
    passed, refused = pass_gate(session, actor, live, Stage.POST, tracking=_tracking(actor, items))
    for letter in live:
        if (item := items[letter.id]) is not None:
            item.handover_id = handover.id if letter in passed else None
    session.flush()
    return refused


def _tracking(actor: audit.Actor, items: dict[UUID, MailItem | None]) -> dict[UUID, TrackingFact]:
    """The number of each letter; the database holds that no other item carries it."""
    return {
        letter_id: TrackingFact(ref=f"mail_item:{item.id}", recorded_at=actor.at, number=item.tracking_no)
        for letter_id, item in items.items()
        if item is not None
    }


def _letter_ids(session: Session, list_id: UUID) -> list[UUID]:
    return [letter.id for _, letter in queries.items_of_list(session, list_id)]


def _require_unchanged(
    session: Session, actor: audit.Actor, handover: HandoverList, pairs: Sequence[tuple[MailItem, Letter]]
) -> None:
    """Refuse a list that is not what would be posted: an item left it, or the rules refuse one by now."""
    items: dict[UUID, MailItem | None] = {letter.id: item for item, letter in pairs}
    _, refused = pass_gate(
        session, actor, [letter for _, letter in pairs], Stage.POST, tracking=_tracking(actor, items)
    )
    if len(pairs) != handover.pieces or refused:
        gone = [each.letter.letter_no for each in refused]
        raise NotNow(
            "LIST_CHANGED",
            f"List {handover.no} says {handover.pieces} items and {len(pairs) - len(refused)} may go: take out "
            "what must not go by making the list anew with POST /api/v1/handover-lists, and print that one.",
            refused=gone,
        )
