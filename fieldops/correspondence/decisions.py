"""Ask the letter rules about letters that are drafted or under way, and keep what they answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from fieldops.cases import queries as cases
from fieldops.clock import local_date
from fieldops.contacts import service as contacts
from fieldops.correspondence import queries
from fieldops.correspondence.facts import EarlierLetterFact, ExaminedFact, LetterFact, LetterFacts, TemplateFact
from fieldops.correspondence.models import OPEN_LETTER_STATES, LetterDecision
from fieldops.correspondence.rules import LETTER_RULES
from fieldops.correspondence.settling import SETTLED
from fieldops.packs import queries as packs
from fieldops.policies.catalogue import Moment
from fieldops.policies.decision import ask
from fieldops.policies.service import policy_on
from fieldops.visits.balance_answers import balance_now_fen, later_repayments
from fieldops.visits.case_answers import ends_collection
from fieldops.visits.facts import PROVEN, RequestFact
from fieldops.visits.files import read_files
from letters.letter import full_numbers
from letters.pack import ANY_BANK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.correspondence.facts import PrintFact, TrackingFact
    from fieldops.correspondence.models import Letter, LetterSender
    from fieldops.packs.models import LetterTemplate
    from fieldops.policies.catalogue import Stage
    from fieldops.policies.decision import Decision
    from fieldops.visits.address_files import AddressOnFile
    from fieldops.visits.files import Files

GONE = "ADDRESS_GONE"  # the case names the address of a letter no longer: nothing can be asked


@dataclass(frozen=True, slots=True)
class Asked:
    """What the rules answered about a letter, and what they looked at."""

    facts: LetterFacts
    decision: Decision

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of WARN and above."""
        return self.decision.codes


@dataclass(frozen=True)
class Known:
    """The files behind some letters, read at once: ask it about each."""

    at: datetime
    files: Files
    templates: Mapping[UUID, LetterTemplate]
    senders: Mapping[UUID, LetterSender]
    others: Mapping[UUID, Sequence[tuple[Letter, datetime | None]]]

    def addresses(self, case_id: UUID) -> tuple[AddressOnFile, ...]:
        """The addresses of a case."""
        return self.files.addresses.get(case_id, ())

    def address(self, letter: Letter) -> AddressOnFile | None:
        """The address of a letter, None when no case of the debtor names it any longer."""
        siblings = (letter.case_id, *self.files.siblings(letter.case_id))
        return next(
            (one for case_id in siblings for one in self.addresses(case_id) if one.id == letter.address_id), None
        )

    def balance_fen(self, case_id: UUID) -> int | None:
        """What a case owes now; None when it cannot be told."""
        return balance_now_fen(self.files.cases[case_id].fact, self.files.repayments.get(case_id, ()), self._moment)

    def is_ended_by(self, letter: Letter) -> str | None:
        """The proven special status that ends collection from a letter's debtor, unless it asks for nothing."""
        if letter.kind == SETTLED:
            return None
        policy = self.files.policy_for([letter.case_id])
        proven = (each.kind for each in self.files.statuses.get(letter.debtor_id, ()) if each.proof == PROVEN)
        return next((kind for kind in proven if ends_collection(kind, policy)), None)

    def last_paid_on(self, case_id: UUID) -> date | None:
        """The day the last repayment on record was made."""
        found = self.files.repayments.get(case_id, ())
        return max((local_date(each.paid_at) for each in found), default=None)

    def later_repayments(self, case_id: UUID) -> tuple[str, ...]:
        """The repayments the bank's balance does not hold yet."""
        case = self.files.cases[case_id].fact
        found = self.files.repayments.get(case_id, ())
        if case.balance_as_of is None:
            return tuple(each.ref for each in found)
        return tuple(each.ref for each in later_repayments(case, found, self._moment))

    @property
    def _moment(self) -> Moment:
        return Moment.of(self.at, self.files.policy.timezone)

    def ask(
        self,
        letter: Letter,
        stage: Stage,
        *,
        approver: str | None = None,
        tracking: TrackingFact | None = None,
        batch: PrintFact | None = None,
    ) -> Asked | None:
        """What the rules say of a letter at a stage; None when its address is on file no longer."""
        address = self.address(letter)
        if address is None:
            return None
        facts = LetterFacts(
            file=self.files.case_file([letter.case_id]),
            address=address.fact,
            request=_request(letter, approver),
            letter=_letter(letter, self.senders.get(letter.bank_id)),
            template=_template(self.templates[letter.template_id]),
            earlier_letters=self._earlier(letter, address),
            tracking=tracking,
            batch=batch,
        )
        policy = self.files.policy_for([letter.case_id])
        return Asked(facts, ask(LETTER_RULES, facts, policy, stage=stage, at=self.at))

    def _earlier(self, letter: Letter, address: AddressOnFile) -> tuple[EarlierLetterFact, ...]:
        debtor_id = self.files.cases[letter.case_id].debtor_id
        return tuple(
            _earlier_letter(other, posted_at)
            for other, posted_at in self.others.get(debtor_id, ())
            if other.id not in (letter.id, letter.supersedes_id)
            and (other.address_id == address.id or (other.address_key and other.address_key == address.address_key))
        )


def know(session: Session, letters: Sequence[Letter], *, at: datetime) -> Known:
    """Read what the rules need about these letters. Cost: about twenty statements, however many letters."""
    files = read_files(session, {letter.case_id for letter in letters}, at=at)
    return Known(
        at=at,
        files=files,
        templates=packs.templates_by_ids(session, {letter.template_id for letter in letters}),
        senders=queries.senders_by_bank(session, {letter.bank_id for letter in letters}),
        others=queries.letters_of_debtors(session, {case.debtor_id for case in files.cases.values()}),
    )


def keep(session: Session, letter: Letter, asked: Asked) -> None:
    """Store a decision beside its letter: every finding with its inputs."""
    decision = asked.decision
    letter.verdict, letter.codes, letter.policy_edition = decision.verdict.value, list(asked.codes), decision.edition
    session.add(
        LetterDecision(
            letter_id=letter.id,
            stage=decision.stage.value,
            decided_at=decision.at,
            policy_edition=decision.edition,
            verdict=decision.verdict.value,
            findings=[finding.to_json() for finding in decision.findings],
            facts=asked.facts.to_json(),
        )
    )


def why_card(session: Session, letter_id: UUID, *, at: datetime) -> dict[str, Any]:
    """A letter with every decision on it, and how its debtor stands in the contact ledger now. Raises: NotFound."""
    letter = queries.letter_by_id(session, letter_id)
    bank = cases.banks_by_ids(session, [letter.bank_id])[letter.bank_id]
    product = cases.case_by_id(session, letter.case_id).product
    policy = policy_on(session, local_date(at)).for_bank(bank.code, product)
    return {
        "letter": letter,
        "decisions": queries.decisions_of(session, letter_id),
        "contacts": contacts.standings_of(session, letter.debtor_id, policy, at),
    }


def _request(letter: Letter, approver: str | None) -> RequestFact:
    return RequestFact(
        ref=f"letter:{letter.id}",
        recorded_at=letter.requested_at,
        purpose=None,
        reason=letter.reason,
        goal=None,
        requester=letter.requested_by,
        submitted_at=letter.requested_at,
        approver=approver or letter.approved_by,
        approved_at=letter.approved_at,
    )


def _letter(letter: Letter, sender: LetterSender | None) -> LetterFact:
    as_of = letter.figures.get("balance_as_of") if letter.figures else None
    return LetterFact(
        ref=f"letter:{letter.id}",
        recorded_at=letter.requested_at,
        kind=letter.kind,
        delivery=letter.delivery,
        recipient="DEBTOR",
        figures_as_of=_day(as_of),
        full_numbers=_full_numbers(letter) if letter.figures else None,
        malicious=letter.malicious,
        law_firm_authorised=None if sender is None else sender.authorisation_no is not None,
    )


def _full_numbers(letter: Letter) -> int:
    """How many of the frozen texts read as a whole number; the letter's own numbers are no such thing."""
    own = tuple(str(letter.figures[name]) for name in ("letter_no", "serial") if letter.figures.get(name))
    texts = "\n".join(value for value in letter.figures.values() if isinstance(value, str))
    return len(full_numbers(texts, own=own))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _template(row: LetterTemplate) -> TemplateFact:
    return TemplateFact(
        ref=f"letter_template:{row.id}",
        recorded_at=row.created_at,
        status=row.status,
        bank=None if row.bank == ANY_BANK else row.bank,
        approval_source=row.approval_source,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        findings=tuple(
            ExaminedFact(code=each["code"], text=each["text"], needs_person=each["needs_person"])
            for each in row.findings
        ),
    )


def _earlier_letter(other: Letter, posted_at: datetime | None) -> EarlierLetterFact:
    return EarlierLetterFact(
        ref=f"letter:{other.id}",
        recorded_at=other.requested_at,
        no=other.letter_no or str(other.id),
        kind=other.kind,
        is_open=other.status in OPEN_LETTER_STATES,
        sent_on=local_date(posted_at) if posted_at else None,
    )
