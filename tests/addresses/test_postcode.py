"""A postcode is read where somebody wrote one, and nowhere else."""

import pytest

from fieldops.addresses.postcode import postcode_in

FLAT = "北京市海淀区示范路12号院3号楼4单元502室"


@pytest.mark.parametrize(
    "raw",
    [
        f"100080{FLAT}",
        f"100080 {FLAT}",
        f"１０００８０ {FLAT}",
        f"邮编100080 {FLAT}",
        f"邮政编码：100080；{FLAT}",
        f"{FLAT}（邮编：100080）",
        f"{FLAT}邮编 100080",
        f"{FLAT} 100080",
        f"{FLAT}(100080)",
        "北京市海淀区 100080",
        f"{FLAT} 100080 100080",
        f"100080 {FLAT} 邮编100080",
    ],
)
def test_the_postcode_an_address_names_is_read_wherever_it_stands(raw):
    assert postcode_in(raw) == "100080"


@pytest.mark.parametrize(
    "raw",
    [
        FLAT,
        "",
        "北京市海淀区示范路12号院3号楼 100502",
        "北京市海淀区示范路12号100502",
        f"100080 {FLAT} 邮编310012",
        f"{FLAT} 13800100080",
        f"{FLAT} 010-62100080",
        f"{FLAT} 11010119761202661X",
        f"990080 {FLAT}",
        f"{FLAT[:-1]}100080室",
        f"1000801{FLAT}",
    ],
)
def test_what_names_no_postcode_or_two_of_them_gives_none(raw):
    assert postcode_in(raw) is None
