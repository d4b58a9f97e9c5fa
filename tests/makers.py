"""Rows a test stands on, made straight in the tables: a case that nobody objects to; tests change one thing at a time."""

import hashlib
import uuid
from datetime import UTC, date, datetime
from itertools import count

from sqlalchemy import select

from fieldops.addresses.models import Address, AddressPoint
from fieldops.addresses.service import judge_some
from fieldops.audit import Actor
from fieldops.cases.models import Bank, CallRecord, Case, CaseAddress, Debtor
from fieldops.clock import local_date
from fieldops.policies import service as policies

BANK_CODE = "示范银行A"
HOME = "北京市房山区拱辰街道首开东里{}号楼2单元502室"
AS_OF = date(2026, 11, 22)
CALLED_AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
_serial = count(1)


def make_bank(session, code=BANK_CODE):
    """The bank of that code."""
    bank = session.scalar(select(Bank).filter_by(code=code))
    if bank is None:
        bank = Bank(code=code, name=code, hotline="400-000-0001")
        session.add(bank)
        session.flush()
    return bank


def make_debtor(session, name="张示范", born_on=date(1985, 5, 1)):
    """A debtor nobody has heard of."""
    mark = f"debtor {next(_serial)} {uuid.uuid4()}".encode()
    debtor = Debtor(name=name, id_no_sealed=mark, id_no_index=mark, id_no_last4="1234", born_on=born_on)
    session.add(debtor)
    session.flush()
    return debtor


def make_case(session, *, debtor=None, addresses=None, called=True, bank_code=BANK_CODE, **changes):
    """A case with one good home address and one recorded call; ``addresses`` by kind, in raw text."""
    number = next(_serial)
    bank = make_bank(session, bank_code)
    debtor = debtor or make_debtor(session)
    values = {
        "batch_no": "B1",
        "case_no": f"T{number:08d}",
        "product": "信用卡",
        "card_no_sealed": b"sealed",
        "card_no_index": hashlib.sha256(str(number).encode()).digest(),
        "card_last4": f"{number % 10000:04d}",
        "balance_fen": 800_000,
        "principal_fen": 700_000,
        "min_due_fen": 80_000,
        "overdue_days": 90,
        "balance_as_of": AS_OF,
        "entrusted_on": date(2026, 11, 1),
        "expiry_on": date(2026, 12, 31),
        "row_sha256": hashlib.sha256(f"row {number}".encode()).digest(),
    }
    case = Case(bank_id=bank.id, debtor_id=debtor.id, **(values | changes))
    session.add(case)
    session.flush()
    for kind, raw in (addresses if addresses is not None else {"HOME": HOME.format(number)}).items():
        make_address(session, case, kind, raw)
    if called:
        make_call(session, case)
    judge_some(session, limit=1000)
    session.flush()
    session.expire_all()
    return case


def make_address(session, case, kind, raw):
    """An address of the debtor that the case's file gives."""
    address = session.scalar(select(Address).filter_by(debtor_id=case.debtor_id, raw=raw))
    if address is None:
        address = Address(debtor_id=case.debtor_id, raw=raw, source="RESERVED", bank_provided=True)
        session.add(address)
        session.flush()
    session.add(CaseAddress(case_id=case.id, kind=kind, address_id=address.id))
    session.flush()
    return address


def make_call(session, case, *, started_at=CALLED_AT, **changes):
    """A recorded call to the debtor that was answered."""
    values = {"outbound": True, "callee": "SELF", "connected": True, "duration_s": 60, "recording_id": "REC1"}
    row_sha256 = hashlib.sha256(f"{case.id}{started_at}".encode()).digest()
    call = CallRecord(case_id=case.id, started_at=started_at, recorded_at=started_at, row_sha256=row_sha256)
    for name, value in (values | changes).items():
        setattr(call, name, value)
    session.add(call)
    session.flush()
    return call


def make_point(session, case, kind="HOME", *, lat=39.73, lon=116.14, precision="ROOFTOP"):
    """A point in the gazetteer for an address of a case."""
    address = session.scalar(
        select(Address)
        .join(CaseAddress, CaseAddress.address_id == Address.id)
        .where(CaseAddress.case_id == case.id, CaseAddress.kind == kind)
    )
    values = {"lat": lat, "lon": lon, "precision": precision, "datum_given": "WGS84", "recorded_at": CALLED_AT}
    session.merge(AddressPoint(site_key=address.site_key, source="GAZETTEER", **values))
    session.flush()
    return address


def ask_otherwise(session, house, change, *, bank=BANK_CODE, product=None):
    """An edition in force from today on in which a bank, or its product, asks for something else."""
    own = {"bank": bank, "reason": "合同", "change": change, **({"product": product} if product else {})}
    begins = str(local_date(house.clock.now()))
    document = {"based_on": "2026-11", "edition": "own", "valid_from": begins, "overrides": [own]}
    policies.draft_policy(session, Actor("author", house.clock.now()), document=document, reason="合同")
    policies.activate_edition(session, Actor("manager", house.clock.now()), "POLICY", "own")
