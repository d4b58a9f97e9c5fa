"""The door to PostgreSQL: ids in order, transactions, a server that is missing or too old, two that migrate at once."""

import subprocess
import sys
import traceback
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from fieldops import db
from fieldops.db import Database, drop_demo_database, open_database, uuid7
from fieldops.errors import SettingsError
from tests.conftest import SECRET, make_settings


def test_ids_sort_in_the_order_they_were_made_even_within_a_millisecond():
    made = [uuid7() for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_ids_of_many_threads_are_all_different():
    with ThreadPoolExecutor(8) as pool:
        made = [one for many in pool.map(lambda _: [uuid7() for _ in range(500)], range(8)) for one in many]
    assert len(set(made)) == len(made)


@given(st.integers(10**18, 4 * 10**18))
def test_an_id_tells_its_millisecond_and_its_version(instant_ns):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(db, "_last_tick", 0)
        patched.setattr(db.time, "time_ns", lambda: instant_ns)
        made = uuid7()
    assert made.int >> 80 == instant_ns // 1_000_000
    assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_a_clock_set_back_makes_no_older_ids(monkeypatch):
    before = uuid7()
    monkeypatch.setattr(db.time, "time_ns", lambda: 10**18)
    assert uuid7() > before


def test_a_block_that_raises_leaves_nothing_behind(house):
    def change(session):
        session.execute(sa.text("CREATE TABLE scratch (x int)"))
        raise RuntimeError

    with pytest.raises(RuntimeError), house.database.transaction() as session:
        change(session)
    with house.database.transaction() as session:
        assert session.scalar(sa.text("SELECT to_regclass('scratch')")) is None


def test_a_snapshot_sees_one_instant_and_changes_nothing(house):
    count = sa.text("SELECT count(*) FROM user_account")
    insert = sa.text(
        "INSERT INTO user_account (id, version, name, display_name, password_hash, roles, active) "
        "VALUES (gen_random_uuid(), 1, 'x', 'x', 'x', '{}', true)"
    )
    with house.snapshot() as session:
        before = session.scalar(count)
        with house.transaction() as other:
            other.execute(insert)
        assert session.scalar(count) == before
        with pytest.raises(sa.exc.InternalError, match="read-only transaction"):
            session.execute(insert)


def test_values_never_appear_in_an_error_of_the_database(house):
    statement = sa.text("SELECT CAST(:card_no AS integer)")
    with pytest.raises(sa.exc.DataError) as refused, house.transaction() as session:
        session.execute(statement, {"card_no": "6222028033561339212"})
    assert "SQL parameters hidden" in str(refused.value)


def test_an_unreachable_server_is_one_line_that_names_the_setting_and_hides_the_password(tmp_path):
    settings = make_settings(tmp_path, DATABASE_URL="postgresql://me:geheim@127.0.0.1:9/none")
    with pytest.raises(SettingsError) as refused:
        open_database(settings)
    said = str(refused.value)
    assert "cannot be reached" in said
    assert "DATABASE_URL" in said
    assert "geheim" not in said
    assert "\n" not in said


def test_the_command_line_ends_with_that_line_and_exit_code_one(tmp_path):
    done = _fieldops("migrate", tmp_path, "postgresql://me:geheim@127.0.0.1:9/none")
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("fieldops: the database postgresql://me:***@127.0.0.1:9/none cannot be reached")


def test_a_database_that_does_not_exist_is_said_so(postgres, tmp_path):
    url = sa.make_url(postgres).set(database="nobody_made_this").render_as_string(hide_password=False)
    with pytest.raises(SettingsError, match='"nobody_made_this" does not exist'):
        open_database(make_settings(tmp_path, DATABASE_URL=url))


def test_a_server_too_old_is_refused_with_what_to_point_at(house, monkeypatch):
    monkeypatch.setattr(db, "MINIMUM_SERVER_VERSION", 990000)
    with pytest.raises(SettingsError, match="PostgreSQL is older than 15; point DATABASE_URL at 15 or newer"):
        house.database.migrate()


@pytest.mark.parametrize("mode", ["development", "production"])
def test_only_a_demo_database_is_ever_dropped(tmp_path, postgres, mode):
    settings = make_settings(tmp_path, DATABASE_URL=postgres, FIELDOPS_MODE=mode)
    with pytest.raises(SettingsError, match="only a demo database is ever dropped"):
        drop_demo_database(settings)


def test_migrating_a_migrated_database_changes_nothing(house):
    tables = sa.text("SELECT count(*) FROM information_schema.tables")
    with house.transaction() as session:
        before = session.scalar(tables)
    house.database.migrate()
    with house.transaction() as session:
        assert session.scalar(tables) == before


def test_the_schema_is_what_the_tables_say(house):
    """What a new version of the product adds to a table, its migration must add too."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    ours = set(db.Base.metadata.tables)

    def of_ours(thing, name, kind, *_):
        return name in ours if kind == "table" else True

    with house.database.engine.connect() as connection:
        options = {"compare_type": True, "include_object": of_ours}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), db.Base.metadata)
    assert found == []


def test_two_processes_that_migrate_at_once_end_with_one_house(postgres, tmp_path):
    name = f"t_{uuid.uuid4().hex}"
    admin = sa.create_engine(
        sa.make_url(postgres).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
    )
    with admin.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE template0'))
    url = sa.make_url(postgres).set(database=name).render_as_string(hide_password=False)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: _fieldops("migrate", tmp_path, url), range(2)))
    assert [each.returncode for each in done] == [0, 0], [each.stderr for each in done]
    database = Database(url)
    with database.transaction() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM sync_epoch")) == 1
    database.close()
    with admin.connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))


def _fieldops(command, home, url):
    env = {"FIELDOPS_HOME": str(home), "FIELDOPS_SECRET": SECRET, "DATABASE_URL": url, "PATH": "/usr/bin:/bin"}
    words = [sys.executable, "-m", "fieldops", command]
    return subprocess.run(words, env=env, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize(("name", "fault"), [("a home", "a path with a space"), ("x" * 120, "a path too long")])
def test_a_home_the_embedded_server_cannot_use_is_named_in_one_line(tmp_path, monkeypatch, name, fault):
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    with pytest.raises(SettingsError, match=f"{fault}; choose another FIELDOPS_HOME"):
        open_database(make_settings(tmp_path / name))


@pytest.fixture
def poor_url(postgres):
    """The address of a server by a role that may make no database."""
    url = sa.make_url(postgres)
    admin = sa.create_engine(
        url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
    )
    with admin.connect() as connection:
        connection.execute(sa.text("CREATE ROLE poor LOGIN"))
        yield url.set(username="poor").render_as_string(hide_password=False)
        connection.execute(sa.text("DROP ROLE poor"))
    admin.dispose()


def test_a_role_that_may_make_no_database_is_told_the_mend_in_one_line(poor_url, tmp_path, monkeypatch):
    monkeypatch.setattr("fieldops.db.DEMO_DATABASE", "never_made")  # another test may have made the usual one
    settings = make_settings(tmp_path, DATABASE_URL=poor_url, FIELDOPS_MODE="demo")
    with pytest.raises(SettingsError, match=r"never_made cannot be made \(.*\); make it, or give the role CREATEDB"):
        open_database(settings)


def test_an_error_of_the_database_does_not_show_the_row(house):
    debtor = "王小明"
    with house.transaction() as session:
        session.execute(sa.text("CREATE TEMPORARY TABLE debtor_note (name text, amount int NOT NULL)"))
        with pytest.raises(sa.exc.IntegrityError) as error:
            session.execute(sa.text("INSERT INTO debtor_note VALUES (:debtor, NULL)"), {"debtor": debtor})
        session.rollback()
    told = "".join(traceback.format_exception(error.value))
    assert "amount" in told
    assert debtor not in told
