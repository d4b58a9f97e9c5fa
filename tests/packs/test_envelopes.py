"""Envelopes as measured records: possible, neutral, and fitting the packs that are approved."""

import pytest

from fieldops.audit import Actor
from fieldops.packs.installing import install_packs

DL = {
    "name": "DL 左窗 2026年批次", "measured_on": "2026-11-20", "size": "DL", "window_left_mm": 20.0,
    "window_top_mm": 50.0, "window_width_mm": 90.0, "window_height_mm": 45.0, "fold_height_mm": 99.0,
    "outer_text": ["示范信用管理有限公司", "北京市朝阳区示范路1号"],
}  # fmt: skip


@pytest.fixture
def clerk(house, client_as):
    with house.transaction() as session:
        install_packs(session, Actor("setup", house.clock.now()))
    return client_as("ADMIN_APPROVER")


def test_an_envelope_says_for_each_approved_pack_whether_its_letters_go_in(clerk):
    fitting = clerk.post("/api/v1/envelopes", json=DL)
    assert fitting.status_code == 201
    assert [(one["code"], one["fits"], one["problems"]) for one in fitting.json["packs"]] == [
        (code, True, []) for code in ("dunning", "lawyer", "payment-notice", "settled")
    ]
    narrow = clerk.post("/api/v1/envelopes", json=DL | {"window_width_mm": 60.0}).json
    assert not any(one["fits"] for one in narrow["packs"])
    assert "slip out" in narrow["packs"][0]["problems"][0]
    wide = clerk.post("/api/v1/envelopes", json=DL | {"window_width_mm": 120.0}).json
    assert any("show through" in problem for one in wide["packs"] for problem in one["problems"])
    assert len(clerk.get("/api/v1/envelopes").json) == 3


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"outer_text": ["示范银行信用卡中心"]}, "LR-072", "信用卡"),
        ({"outer_text": ["催 收 专用"]}, "LR-072", "催收"),
        ({"window_top_mm": 20.0}, "ENVELOPE_REFUSED", "free for the post"),
        ({"window_left_mm": 2.0, "window_top_mm": 60.0}, "ENVELOPE_REFUSED", "at an edge"),
        ({"fold_height_mm": 120.0}, "ENVELOPE_REFUSED", "does not fit"),
    ],
)
def test_an_envelope_that_cannot_be_or_is_not_neutral_is_refused_by_name(client_as, change, code, words):
    answer = client_as("ADMIN_APPROVER").post("/api/v1/envelopes", json=DL | change)
    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert words in answer.json["detail"]


def test_an_envelope_is_taken_out_of_use_once(client_as):
    clerk = client_as("ADMIN_APPROVER")
    envelope = clerk.post("/api/v1/envelopes", json=DL).json
    path = f"/api/v1/envelopes/{envelope['id']}/retire"
    assert clerk.post(path, json={"reason": "换供应商"}).json["retired_at"]
    assert clerk.post(path, json={"reason": "换供应商"}).json["code"] == "ENVELOPE_RETIRED"
