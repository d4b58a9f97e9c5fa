"""What was approved is what is printed: frozen letters come out again byte for byte, and what was altered is named."""

import pytest
import sqlalchemy as sa

from fieldops.correspondence.models import Letter
from fieldops.correspondence.paper import papers
from fieldops.correspondence.paper.proof import prove_letters


@pytest.fixture
def office(real_office):
    return real_office


def test_every_frozen_letter_is_the_same_bytes_again_and_what_was_altered_is_named(office):
    letter_ids = office.approved(3)
    batch_id = office.rendered()
    proved = prove_letters(office.house)
    assert (proved.same, proved.differing) == (3, [])
    first, second, _ = (office.read(one) for one in letter_ids)
    with office.house.transaction() as session:
        changed = second.figures | {"balance_fen": second.figures["balance_fen"] - 100, "principal_fen": None}
        session.execute(sa.update(Letter).filter_by(id=second.id).values(figures=changed))
        assert papers.batch_card(session, batch_id)["progress"] == {"rendered": 3, "of": 3}
    place = office.house.store._path(first.pdf_sha256)
    place.write_bytes(place.read_bytes()[:-1])
    proved = prove_letters(office.house)
    assert proved.same == 1
    assert [(no, why.split(" ", 1)[0]) for no, why in proved.differing] == [
        (first.letter_no, "object"), (second.letter_no, "laid"),
    ]  # fmt: skip


def test_how_far_a_batch_is_can_be_read_while_it_is_rendered(office):
    office.approved(2)
    batch_id = office.batch()
    with office.house.transaction() as session:
        assert papers.batch_card(session, batch_id)["progress"] == {"rendered": 0, "of": 2}
