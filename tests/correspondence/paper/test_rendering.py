"""What happens to a batch while it is rendered: a payment comes, two workers are on it, the store fails."""

import threading

import pytest

from fieldops.correspondence import service
from fieldops.correspondence.paper import papers, rendering
from fieldops.storage import StoreError


def on_paper(office, batch_id):
    with office.house.transaction() as session:
        card = papers.batch_card(session, batch_id)
    return [row["letter_id"] for part in card["parts"] for row in part.index], card


def test_a_letter_withdrawn_while_it_is_rendered_is_in_no_file(office, monkeypatch):
    kept, gone = office.approved(2)
    real = rendering.render

    def interrupted(house, renderer, work):
        monkeypatch.setattr(rendering, "render", real)
        with house.transaction() as session:
            service.cancel_letter(session, office.actor("supervisor"), gone, reason="paid at the counter")
        return real(house, renderer, work)

    monkeypatch.setattr(rendering, "render", interrupted)
    letter_ids, card = on_paper(office, office.rendered())
    assert (letter_ids, card["rendered_at"] is not None) == ([str(kept)], True)
    assert office.read(gone).pdf_sha256 is None


def test_two_workers_on_one_batch_put_every_letter_into_one_file(office, monkeypatch):
    monkeypatch.setattr(rendering, "CHUNK", 2)
    letter_ids = office.approved(8)
    batch_id = office.batch()
    barrier = threading.Barrier(2)

    def work():
        barrier.wait()
        rendering.render_batch(office.house, batch_id=str(batch_id))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    printed, card = on_paper(office, batch_id)
    assert sorted(printed) == sorted(map(str, letter_ids))
    assert card["rendered_at"] is not None


def test_what_the_store_did_not_take_is_not_on_record(office, monkeypatch):
    (letter_id,) = office.approved()
    batch_id = office.batch()

    def full(_store, _data):
        raise StoreError("the disk is full")

    monkeypatch.setattr(type(office.house.store), "put", full)
    with pytest.raises(StoreError):
        rendering.render_batch(office.house, batch_id=str(batch_id))
    monkeypatch.undo()
    assert (office.read(letter_id).pdf_sha256, on_paper(office, batch_id)[0]) == (None, [])
