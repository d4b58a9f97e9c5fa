import pytest

from letters.kinds import LetterKind
from letters.letter import LetterFields
from letters.pack import Pack, load_pack
from letters.render import Renderer
from letters.samples import sample_letters
from tests.letters.shipped import PACKS


@pytest.fixture(scope="session")
def notice() -> Pack:
    return load_pack(PACKS / "payment-notice")


@pytest.fixture(scope="session")
def renderer(notice) -> Renderer:
    return Renderer(notice)


@pytest.fixture(scope="session")
def letter() -> LetterFields:
    return sample_letters(LetterKind.PAYMENT_NOTICE)["ordinary"]
