"""What the tests of letters share: the shipped pack, a sender, people of each post, and the way of a letter."""

import hashlib
from dataclasses import dataclass, field

import pytest

from fieldops import jobs
from fieldops.audit import Actor
from fieldops.correspondence import approval, senders, service
from fieldops.correspondence.mail import evidence, numbers, posting
from fieldops.correspondence.paper import printing, rendering
from fieldops.packs import installing
from letters.lint import Examination
from letters.render import PrintPart, RenderedChunk, RenderedLetter
from tests.makers import BANK_CODE, make_bank, make_case

SENDER = {
    "branch": "总部",
    "letter_word": "示范",
    "bank_phone": "400-000-0001",
    "bank_complaint_phone": "400-000-0002",
    "agency_name": "示范信用管理有限公司",
    "agency_address": "北京市朝阳区示范路1号",
    "agency_phone": "010-5555 0100",
    "agency_complaint_phone": "010-5555 0199",
    "pay_within_days": 10,
}


@dataclass
class Office:
    """People of each post in one house, and what they do with letters."""

    house: object
    made: list = field(default_factory=list)

    def actor(self, name):
        return Actor(name, self.house.clock.now(), roles=frozenset({name.upper()}))

    def case(self, **changes):
        with self.house.transaction() as session:
            return make_case(session, **changes).id

    def request(self, case_id, **changes):
        with self.house.transaction() as session:
            wanted = {"kind": "PAYMENT_NOTICE", "reason": "逾期", "case_id": case_id} | changes
            return service.request_letter(session, self.actor("phone_collector"), **wanted).id

    def approve(self, letter_id, **words):
        with self.house.transaction() as session:
            return approval.approve_letter(session, self.actor("supervisor"), letter_id, **words).id

    def approved(self, count=1, **changes):
        return [self.approve(self.request(self.case(**changes))) for _ in range(count)]

    def batch(self, letter_ids=None, quantity=None):
        with self.house.transaction() as session:
            made = printing.request_batch(session, self.actor("admin_clerk"), letter_ids=letter_ids)
            batch_id, asked = made.id, made.requested_quantity
        with self.house.transaction() as session:
            printing.approve_batch(session, self.actor("admin_approver"), batch_id, quantity=quantity or asked)
        return batch_id

    def work(self):
        jobs.work(self.house, until_empty=True)

    def rendered(self, letter_ids=None, quantity=None):
        batch_id = self.batch(letter_ids, quantity)
        self.work()
        return batch_id

    def printed(self, letter_ids=None):
        batch_id = self.rendered(letter_ids)
        with self.house.transaction() as session:
            count = sum(len(part.index) for part in printing.queries.parts_of(session, batch_id))
            printing.mark_printed(session, self.actor("admin_clerk"), batch_id, quantity=count)
        return batch_id

    def sealed(self, letter_ids=None):
        batch_id = self.printed(letter_ids)
        with self.house.transaction() as session:
            printing.seal_batch(session, self.actor("admin_clerk"), batch_id)
        return batch_id

    def registered(self, letter_ids=None):
        batch_id = self.sealed(letter_ids)
        with self.house.transaction() as session:
            if not numbers.number_ranges(session):
                numbers.allot_range(session, self.actor("admin_approver"), first="XA00000000001", last="XA00000009999")
            items = posting.register_batch(session, self.actor("admin_clerk"), batch_id, postage_fen=420)
            return [item.id for item in items]

    def listed(self, post_office="示范邮局"):
        with self.house.transaction() as session:
            today = self.house.clock.today()
            made = posting.collect_list(session, self.actor("admin_clerk"), on_date=today, post_office=post_office)
            list_id = made.id
        self.work()
        return list_id

    def hand_over(self, list_id):
        with self.house.transaction() as session:
            posting.hand_over(session, self.actor("admin_clerk"), list_id)

    def posted(self, letter_ids=None):
        items = self.registered(letter_ids)
        self.hand_over(self.listed())
        return items

    def scan(self, text="a paper"):
        with self.house.transaction() as session:
            data = b"%PDF-" + text.encode()
            clerk = self.actor("admin_clerk")
            return evidence.keep_scan(session, clerk, self.house.store, data=data, filename="scan.pdf").sha256

    def read(self, letter_id):
        with self.house.transaction() as session:
            return service.queries.letter_by_id(session, letter_id)

    def item(self, item_id):
        with self.house.transaction() as session:
            return service.queries.item_by_id(session, item_id)


class QuickRenderer:
    """Stands in for the paper engine where paper is not what is tested: a letter is its own number."""

    def render_chunk(self, letters):
        singles, index = [], []
        for first, fields in enumerate(letters, 1):
            pdf = fields.letter_no.encode()
            singles.append(RenderedLetter(fields.letter_no, pdf, hashlib.sha256(pdf).hexdigest(), 1))
            index.append((fields.letter_no, first, 1))
        whole = b"".join(one.pdf for one in singles)
        return RenderedChunk(tuple(singles), PrintPart(whole, hashlib.sha256(whole).hexdigest(), tuple(index)))


@pytest.fixture
def real_office(app, house, monkeypatch):
    """A house with the shipped packs and a sender; ``app`` registers who hears of what.

    The packs are linted where that is tested (tests/packs): laying out every sample takes seconds.
    """
    monkeypatch.setattr(installing, "_examined", lambda _pack: Examination((), {}, None))
    with house.transaction() as session:
        setup = Actor("setup", house.clock.now())
        make_bank(session)
        installing.install_packs(session, setup)
        senders.put_sender(session, setup, BANK_CODE, **SENDER)
    return Office(house)


@pytest.fixture
def office(real_office, monkeypatch):
    """The same house with a stand-in for the paper engine; a module about paper takes ``real_office`` instead."""
    monkeypatch.setattr(rendering, "renderer_of", lambda _house, _template_id: QuickRenderer())
    return real_office
