"""Template packs: installed once, kept whole, immutable, and never installed with a fault."""

import shutil

import pytest

from fieldops.audit import Actor
from fieldops.errors import NotUnderstood
from fieldops.packs import installing, queries
from fieldops.packs.installing import PackNotClean, install_packs
from fieldops.packs.service import load_template
from letters.lint import Examination
from letters.pack import load_pack
from letters.system import HOUSE


@pytest.fixture
def setup(house):
    return Actor("setup", house.clock.now())


@pytest.fixture
def folder(tmp_path):
    """A copy of the shipped packs that may be changed."""
    copied = tmp_path / "packs"
    shutil.copytree(HOUSE, copied)
    return copied


def install(house, setup, folder=HOUSE):
    with house.transaction() as session:
        return [template.id for template in install_packs(session, setup, folder=folder)]


def test_the_shipped_packs_are_clean_and_installed_once(house, setup):
    first = install(house, setup)
    assert install(house, setup) == first
    with house.transaction() as session:
        for template in queries.templates(session):
            assert (template.status, template.approval_source) == ("APPROVED", "HQ_FILED")
            assert load_template(house.store, template).sha256 == load_pack(HOUSE / template.code).sha256


def test_another_text_under_the_same_version_is_refused(house, setup, folder, monkeypatch):
    monkeypatch.setattr(installing, "_examined", lambda _pack: Examination((), {}, None))
    install(house, setup, folder)
    html = folder / "payment-notice" / "letter.html"
    html.write_text(html.read_text("utf-8").replace("</body>", "<p>另</p></body>"), "utf-8")
    with pytest.raises(NotUnderstood) as refused:
        install(house, setup, folder)
    assert refused.value.code == "TEMPLATE_IMMUTABLE"


def test_a_pack_with_a_fault_is_not_installed(house, setup, folder):
    for other in [path for path in folder.iterdir() if path.name not in ("payment-notice", "fonts")]:
        shutil.rmtree(other) if other.is_dir() else other.unlink()
    html = folder / "payment-notice" / "letter.html"
    html.write_text(html.read_text("utf-8").replace("异议", "意见"), "utf-8")
    with pytest.raises(PackNotClean, match="DISCLOSURE_OBJECT"):
        install(house, setup, folder)
    with house.transaction() as session:
        assert queries.templates(session) == []
