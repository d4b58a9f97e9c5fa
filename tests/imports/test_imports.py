"""Imports end to end: over HTTP and in the foreground, in one transaction, with their error file and progress."""

import csv
import io
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from fieldops import jobs
from fieldops.audit import Actor, AuditEntry
from fieldops.cases.landing_cases import CaseLander
from fieldops.cases.models import Case, CaseVersion, Debtor
from fieldops.errors import NotFound, TooLarge
from fieldops.imports import running, service
from fieldops.imports.models import ImportJob, RowError
from fieldops.imports.service import error_file, import_file, run_import, run_waiting_import
from tests.bank_files import case_row, take_in, text_file, workbook


def count(house, table):
    with house.transaction() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table))


def send(client, kind, data, filename="cases.xlsx", **form):
    return client.post(f"/api/v1/imports/{kind}", data={"file": (io.BytesIO(data), filename), **form})


def read_csv(data):
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def test_a_file_sent_by_a_clerk_is_taken_in_by_a_job(house, client_as):
    clerk = client_as("BUSINESS_DEPT")
    rows = [case_row(1), case_row(2), case_row(3, 欠款总额="面议")]
    sent = workbook(rows)
    begun = send(clerk, "cases", sent)
    assert (begun.status_code, begun.json["state"]) == (202, "WAITING")
    jobs.work(house, until_empty=True)
    done = clerk.get(f"/api/v1/imports/{begun.json['id']}").json
    assert (done["state"], done["rows_read"], done["created"], done["errors"]) == ("DONE", 3, 2, 1)
    assert count(house, Case) == 2
    errors = clerk.get(f"/api/v1/imports/{begun.json['id']}/errors.csv")
    assert errors.mimetype == "text/csv"
    header, line = read_csv(errors.data)
    assert header[:5] == ["行号", "列", "代码", "原因", "委案批次号"]
    assert line[:3] == ["4", "欠款总额", "CELL_UNREADABLE"]
    assert case_row(3)["证件号码"] not in line
    kept = house.store.get(job_of(house, begun.json["id"]).stored_sha256)
    assert sent not in kept, "a bank's file is full of personal numbers and is kept sealed"
    assert house.vault.open_bytes(kept, row=UUID(begun.json["id"]), column="file") == sent


def job_of(house, import_id):
    with house.transaction() as session:
        return session.get(ImportJob, import_id)


def test_only_those_who_bring_in_files_may_send_them(client_as):
    assert send(client_as("FIELD_AGENT"), "cases", b"x").status_code == 403
    assert client_as("BANK_VIEWER").get("/api/v1/imports").status_code == 403


def test_a_kind_nobody_knows_is_not_found(client_as, house):
    assert send(client_as("BUSINESS_DEPT"), "weather", b"x").status_code == 404
    with pytest.raises(NotFound):
        import_file(house, Actor("clerk", house.clock.now()), "weather", b"x", "x.csv")


def test_the_job_run_again_after_its_end_changes_nothing(house):
    summary = take_in(house, "cases", [case_row(1)])
    versions = count(house, CaseVersion)
    again = run_import(house, summary.import_id, Actor("worker", house.clock.now()))
    assert again == summary
    assert count(house, CaseVersion) == versions


def test_a_dry_run_says_what_would_happen_and_keeps_nothing(house):
    summary = take_in(house, "cases", [case_row(1), case_row(2, 逾期天数="many")], dry_run=True)
    assert (summary.state, summary.created, summary.errors) == ("DONE", 1, 1)
    assert "nothing was kept" in str(summary)
    assert (count(house, Case), count(house, Debtor), count(house, RowError)) == (0, 0, 1)


def test_a_refused_file_says_why_and_keeps_nothing(house):
    summary = take_in(house, "cases", [{"流水号": "P1", "还款金额": 1}])
    assert summary.state == "REFUSED"
    assert summary.refusal.startswith("IMPORT_WRONG_KIND: ")
    assert "refused" in str(summary)
    assert (count(house, Case), summary.rows_read) == (0, 0)


def test_a_file_that_breaks_in_its_middle_leaves_nothing_behind(house, monkeypatch):
    monkeypatch.setattr(running, "CHUNK_ROWS", 2)
    torn = text_file([case_row(n) for n in range(1, 6)]) + b'"never closed'
    summary = import_file(house, Actor("clerk", house.clock.now()), "cases", torn, "torn.csv")
    assert (summary.state, summary.rows_read, summary.created) == ("REFUSED", 0, 0)
    assert "Row 7" in summary.refusal
    assert (count(house, Case), count(house, RowError)) == (0, 0)


def test_progress_is_visible_while_rows_come_in(house, monkeypatch):
    monkeypatch.setattr(running, "CHUNK_ROWS", 2)
    seen = []

    def look(rows_read):
        with house.transaction() as session:
            job = session.scalars(sa.select(ImportJob)).one()
            seen.append((rows_read, job.rows_read, job.state, session.scalar(sa.select(sa.func.count(Case.id)))))

    take_in(house, "cases", [case_row(n) for n in range(1, 6)], on_progress=look)
    assert seen == [(2, 2, "RUNNING", 0), (4, 4, "RUNNING", 0), (5, 5, "RUNNING", 0)]


def test_a_lost_try_is_cleared_by_the_next(house, monkeypatch):
    """A worker dies after a chunk with an error; the job runs again and lists the error once."""
    rows = [case_row(1, 欠款总额="?"), case_row(2), case_row(3)]
    monkeypatch.setattr(running, "CHUNK_ROWS", 1)
    died = []

    def die(rows_read):
        if rows_read == 2 and not died:
            died.append(rows_read)
            raise SystemExit

    with pytest.raises(SystemExit):
        take_in(house, "cases", rows, on_progress=die)
    with house.transaction() as session:
        import_id = session.scalars(sa.select(ImportJob.id)).one()
        session.add(RowError(import_id=import_id, row_no=9, code="OLD", reason="seen by the lost try alone", row=[]))
        session.flush()
    assert (count(house, RowError), count(house, Case)) == (2, 0)
    summary = run_import(house, import_id, Actor("worker", house.clock.now()))
    assert (summary.state, summary.created, summary.errors) == ("DONE", 2, 1)
    assert count(house, RowError) == 1


def test_no_cell_of_the_error_file_begins_a_formula(house):
    rows = [case_row(1, 欠款总额="?", 备注=sent) for sent in ("=1+1", "+cmd", "-2", "@x", "＝A1")]
    rows = [{**row, "案件编号": f"C{n}"} for n, row in enumerate(rows)]
    summary = take_in(house, "cases", [*rows, case_row(9, 欠款总额="?", 备注="2-1")])
    lines = list(csv.reader(io.StringIO(error_file(house, summary.import_id))))
    place = lines[0].index("备注")
    assert [line[place] for line in lines[1:]] == ["'=1+1", "'+cmd", "'-2", "'@x", "'=A1", "2-1"]


def test_a_column_mapping_is_saved_changed_and_used(house, client_as):
    clerk = client_as("BUSINESS_DEPT")
    url = "/api/v1/column-mappings/示范银行A/repayments"
    assert clerk.put(url, json={"headings": {"Serial": "流水"}}).json["code"] == "MAPPING_UNKNOWN_HEADING"
    twice = {"headings": {"Serial": "流水号", "No": "流水号"}}
    assert clerk.put(url, json=twice).status_code == 422
    first = clerk.put(url, json={"headings": {"Serial": "流水号"}})
    assert (first.status_code, first.json["version"]) == (200, 1)
    assert clerk.put(url, json={"headings": {"Serial": "流水号", "Yuan": "还款金额"}}).json["version"] == 2
    take_in(house, "cases", [case_row(1)])
    row = {"Serial": "P1", "案件编号": "C1", "Yuan": 5, "还款时间": "2026-11-22", "渠道": "柜台"}
    assert take_in(house, "repayments", [row]).state == "REFUSED"
    assert take_in(house, "repayments", [row], bank_code="示范银行A").created == 1


def test_imports_are_listed_newest_first_by_pages(house, client_as):
    for n in range(3):
        house.clock.advance(minutes=1)
        take_in(house, "cases", [case_row(n)])
    clerk = client_as("SUPERVISOR")
    first = clerk.get("/api/v1/imports?limit=2").json
    rest = clerk.get(f"/api/v1/imports?limit=2&after={first['after']}").json
    received = [each["received_at"] for each in (*first["items"], *rest["items"])]
    assert received == sorted(received, reverse=True)
    assert len(received) == 3
    assert rest["after"] is None


def test_a_path_over_the_limit_is_not_even_read(house, tmp_path, monkeypatch):
    monkeypatch.setattr(service, "MOST_BYTES", 10)
    big = tmp_path / "big.csv"
    big.write_bytes(b"x" * 11)
    with pytest.raises(TooLarge):
        import_file(house, Actor("clerk", house.clock.now()), "cases", big, big.name)


def test_every_import_is_on_the_audit_log_without_personal_numbers(house):
    take_in(house, "cases", [case_row(1)])
    with house.transaction() as session:
        entries = session.scalars(sa.select(AuditEntry).where(AuditEntry.entity == "import_job")).all()
    assert [entry.action for entry in entries] == ["imports.begin", "imports.run"]
    assert entries[1].detail["created"] == 1
    assert case_row(1)["证件号码"] not in str([entry.detail for entry in entries])


def test_an_import_takes_the_instant_of_its_actor(house):
    summary = take_in(house, "cases", [case_row(1)])
    assert job_of(house, summary.import_id).received_at - house.clock.now() == timedelta()


def test_an_import_that_fails_by_a_fault_of_ours_says_so_and_its_next_try_takes_it_in(house, monkeypatch):
    monkeypatch.setattr(CaseLander, "land", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        take_in(house, "cases", [case_row(1)])
    with house.transaction() as session:
        failed = session.scalars(sa.select(ImportJob)).one()
        entries = session.scalars(sa.select(AuditEntry.action).where(AuditEntry.entity == "import_job")).all()
    assert (failed.state, failed.refusal.split(":")[0], failed.rows_read) == ("FAILED", "IMPORT_FAILED", 0)
    assert entries == ["imports.begin", "imports.fail"]
    monkeypatch.undo()
    run_waiting_import(house, import_id=str(failed.id))
    job = job_of(house, failed.id)
    assert (job.state, job.refusal, job.created_count) == ("DONE", None, 1)
