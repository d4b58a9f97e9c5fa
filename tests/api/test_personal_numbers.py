"""No card, identity or telephone number of a debtor is shown, logged or stored in the open, anywhere."""

import io

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook

from fieldops.demo.sample import CASE_HEADINGS
from tests.api.operations import name_of, operations
from tests.api.test_answers import answers_of
from tests.small_day import BROKEN_CASE, small_caseload

PERSONAL = ("证件号码", "手机号码", "卡号")


def _numbers(rows, headings):
    return {str(row[headings.index(heading)]) for row in rows for heading in PERSONAL}


@pytest.fixture(scope="module")
def numbers(small_day):
    """Every personal number of the files that went in, planted cases among them."""
    found = _numbers(small_caseload().cases, CASE_HEADINGS)
    for file in small_day.home.glob("demo/*cases.xlsx"):
        headings, *rows = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
        found |= _numbers(rows, headings)
    assert len(found) > 100
    assert all(len(number) >= 11 for number in found)
    return found


@pytest.fixture(scope="module")
def shown(numbers):
    """Which of them a text shows; a card number in groups of four is shown too."""

    def find(text):
        tight = text.replace(" ", "").replace("-", "")
        return sorted(number for number in numbers if number in text or number in tight)

    return find


def test_the_search_finds_what_it_looks_for(numbers, shown):
    one = next(iter(numbers))
    assert shown(f"x{one}y") == [one]
    assert shown(" ".join(one)) == [one]


@pytest.mark.parametrize("operation", [one for one in operations() if one.method == "get"], ids=name_of)
def test_no_answer_shows_a_personal_number(day_to_change, shown, operation):
    for answer in answers_of(day_to_change, operation):
        assert not shown(_text_of(answer))


def test_the_file_of_rows_that_could_not_land_shows_the_row_but_no_number(day_to_change, shown):
    with day_to_change.house.transaction() as session:
        ids = list(session.scalars(sa.text("SELECT id FROM import_job WHERE error_count > 0")))
    assert ids
    client = day_to_change.app.test_client()
    for import_id in ids:
        headers = {"Authorization": day_to_change.token}
        text = client.get(f"/api/v1/imports/{import_id}/errors.csv", headers=headers).data.decode("utf-8-sig")
        assert BROKEN_CASE in text
        assert not shown(text)


@pytest.mark.parametrize("page", ["/", "/docs"])
def test_no_page_of_the_demo_shows_a_personal_number(app_after_day, shown, page):
    assert not shown(app_after_day.test_client().get(page).text)


def test_no_log_shows_a_personal_number(small_day, shown):
    for log in (small_day.home / "log").iterdir():
        assert not shown(log.read_text()), log.name
    assert not shown(small_day.output + small_day.errors)


def test_the_audit_tells_of_every_change_without_a_personal_number(house_after_day, shown):
    with house_after_day.transaction() as session:
        told = list(
            session.scalars(sa.text("SELECT concat_ws(' ', reason, detail, entity_id, actor) FROM audit_entry"))
        )
        count = session.scalar(sa.text("SELECT count(*) FROM audit_entry"))
    assert count > 100
    assert not shown("\n".join(told))


def test_no_table_of_the_database_holds_a_personal_number_in_the_open(house_after_day, numbers, shown):
    tables = sa.inspect(house_after_day.database.engine).get_table_names()
    in_hex = {number.encode().hex() for number in numbers}  # how bytes are written out
    for table in tables:
        with house_after_day.transaction() as session:
            text = "\n".join(session.scalars(sa.text(f'SELECT t::text FROM "{table}" t')))
        assert not shown(text), table
        assert not [number for number in in_hex if number in text], table


def test_no_object_in_the_store_is_a_bank_file_in_the_open(small_day, house_after_day, shown):
    for file in (small_day.home / "store").rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            assert not (data.startswith(b"PK") and "cases" in str(_sheets(data))), file.name
            assert not shown(data.decode("latin-1")), file.name


def _sheets(data):
    try:
        rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    except Exception:  # noqa: BLE001 - not a workbook
        return ""
    return "cases" if rows and "卡号" in rows[0] else ""


def _text_of(answer):
    """What a person reads in an answer, be it JSON, a sheet or a printed page."""
    if answer.mimetype == "application/pdf":
        import pypdfium2

        document = pypdfium2.PdfDocument(answer.data)
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    if "spreadsheet" in answer.mimetype:
        book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
        return "\n".join(str(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names)
    if answer.mimetype.startswith(("application/octet-stream", "application/zip", "image/")):
        return answer.data.decode("latin-1")
    return answer.data.decode("utf-8")
