import pytest

from letters.kinds import FORBIDDEN, KINDS, LetterKind
from letters.lint import lint_pack
from letters.pack import load_pack
from tests.letters.shipped import CODES, PACKS, changed


def codes(pack) -> set[str]:
    return {finding.code for finding in lint_pack(pack, samples=("ordinary",))}


@pytest.mark.parametrize("code", CODES)
def test_each_shipped_pack_passes(code):
    assert lint_pack(load_pack(PACKS / code)) == ()


def test_every_finding_names_place_and_mend():
    findings = lint_pack(changed(html=("（卡号末四位{{ card_last4 }}）", "（老赖）")), samples=("ordinary",))
    assert {finding.code for finding in findings} == {"DISCLOSURE_CARD", "LR-042"}
    assert all(finding.place and finding.text and finding.mend for finding in findings)


LACKING = {
    "HOLDER": ("{{ recipient_name }}", ""),
    "LETTER_NO": ("{{ letter_no }}", ""),
    "ISSUED": ("{{ issued_on }}", ""),
    "BANK_CONTACT": ("{{ bank_phone }}", ""),
    "CHECK": ("到营业网点查询", "到营业网点"),
    "PAY": ("还款方式为", "请到"),
    "BALANCE": ('<td colspan="3">{{ balance_capitals }}</td>', '<td colspan="3">（略）</td>'),
    "REASON": ("《商业银行信用卡业务监督管理办法》", "有关规定"),
    "RIGHTS": ("您有义务按领用合约归还欠款，", "请按领用合约归还欠款，"),
    "OBJECT": ("将书面说明及证据材料寄至", "将书面说明寄至"),
    "SEAL": ('<div id="sign">', "<div>"),
    "NO_CASH": ("本公司及人员不收取现金，也不", "本公司不"),
    "SENDER": ("受{{ bank_name }}委托", "{{ bank_name }}"),
    "COMPLAINT": ("银行{{ bank_complaint_phone }}、", ""),
    "CARD": ("（卡号末四位{{ card_last4 }}）", ""),
    "OVERDUE": ("{{ pay_by }}", "近日"),
    "RECEIPT": ("<h2>回　执</h2>", ""),
    "SERIAL": ("{{ serial }}", ""),
}


@pytest.mark.parametrize("row", LACKING)
def test_a_disclosure_taken_out_is_missed_by_its_name(row):
    pack = changed(html=LACKING[row])
    assert f"DISCLOSURE_{row}" in codes(pack)


@pytest.mark.parametrize(
    ("style", "why"),
    [
        ("visibility: hidden;", "not painted"),
        ("color: #fff;", "white on white"),
        ("color: #ccc;", "too pale"),
        ("font-size: 4pt;", "too small"),
        ("position: absolute; left: 300mm;", "off the sheet"),
        ("display: none;", "not there"),
        ("opacity: 0;", "transparent"),
    ],
)
def test_a_disclosure_that_cannot_be_read_is_not_made(style, why):
    html = (
        "<b>本公司及人员不收取现金，也不使用个人账户收款。</b>",
        '<span class="hidden">本公司及人员不收取现金。</span>',
    )
    pack = changed(html=html, css=("h1 {", f".hidden {{ {style} }}\nh1 {{"))
    assert "DISCLOSURE_NO_CASH" in codes(pack), why


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("您已被列为老赖", "LR-042"),
        ("将对您实施抓捕", "LR-042"),
        ("追究刑事责任", "LR-042"),
        ("将通知单位", "LR-042"),
        ("列入黑名单", "LR-042"),
        ("一次还清可减免利息", "LR-046"),
        ("另收上门费", "LR-046"),
        ("附法院传票", "LR-044"),
        ("后 果 自 负", "LR-042"),
    ],
)
def test_forbidden_words_are_found_even_spaced_out(words, rule):
    assert rule in codes(changed(html=("<h1>", f"<p>{words}</p><h1>")))


@pytest.mark.parametrize(("words", "is_for_a_person"), [("追究刑事责任", True), ("您已被列为老赖", False)])
def test_a_lawyers_letter_may_name_criminal_law_if_a_person_lets_it_and_shame_nobody(words, is_for_a_person):
    (finding,) = lint_pack(changed("lawyer", html=("<h1>", f"<p>{words}</p><h1>")), samples=("ordinary",))
    assert (finding.code, finding.needs_person) == ("LR-042", is_for_a_person)


def test_every_ban_says_why():
    assert all(ban.why and ban.rule.startswith("LR-") for ban in FORBIDDEN)


def test_a_full_number_in_the_template_is_found():
    assert "LR-043" in codes(changed(html=("<h1>", "<p>卡号6222028033561339212</p><h1>")))


def test_an_address_that_can_leave_the_window_is_a_finding_with_its_place():
    findings = lint_pack(changed(css=("top: 36.5mm; left: 2mm;", "top: 58mm; left: 2mm;")), samples=("ordinary",))
    windows = [finding for finding in findings if finding.code == "WINDOW"]
    assert windows
    assert windows[0].page == 1
    assert "20–100 mm across, 50–84 mm down" in windows[0].mend


def test_anything_else_that_could_show_through_the_window_is_a_finding():
    found = lint_pack(changed(css=("top: 36.5mm; left: 96mm;", "top: 36.5mm; left: 70mm;")), samples=("ordinary",))
    assert any(finding.code == "WINDOW" and "show through" in finding.text for finding in found)
    image = lint_pack(changed(css=("top: 54.5mm; left: 96mm;", "top: 54.5mm; left: 50mm;")), samples=("ordinary",))
    assert any(finding.code == "WINDOW" and "an image" in finding.place for finding in image)


def test_a_pack_without_an_address_block_is_a_finding():
    assert "WINDOW" in codes(changed(html=('id="address"', 'class="address"')))


def test_words_over_words_and_words_off_the_sheet_are_findings():
    assert "OVERLAP" in codes(changed(css=("#contact {", "#contact { margin-top: -20mm;")))
    assert "OFF_SHEET" in codes(
        changed(
            css=(
                "#facts { position: absolute; top: 36.5mm; left: 96mm;",
                "#facts { position: absolute; top: 36.5mm; left: 170mm;",
            )
        )
    )


def test_a_style_the_layout_does_not_understand_is_a_finding():
    assert "STYLE" in codes(changed(css=("h1 {", "h1 { colour: red;")))
    assert "STYLE" in codes(changed(css=("h1 {", "h1 { transform: rotate(90deg);")))


def test_an_unknown_field_and_a_missing_glyph_are_findings():
    assert "UNKNOWN_FIELD" in codes(changed(html=("{{ serial }}", "{{ pan }}")))
    assert "GlyphMissing" in codes(changed(html=("<h1>", "<p>한</p><h1>")))


def test_the_catalogue_has_every_kind_and_every_article_69_item():
    assert set(KINDS) == set(LetterKind)
    article = {"HOLDER", "BALANCE", "REASON", "RIGHTS", "CHECK", "PAY", "OBJECT", "BANK_CONTACT", "SEAL"}
    for kind in KINDS.values():
        codes_of_kind = [row.code for row in kind.disclosures]
        assert len(codes_of_kind) == len(set(codes_of_kind))
        if kind.demands_payment:
            assert article <= set(codes_of_kind)
