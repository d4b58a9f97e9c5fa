"""Objects under their SHA-256, in a folder and in a bucket: the same promises, kept against accidents."""

import hashlib
import os

import pytest

from fieldops import storage
from fieldops.errors import SettingsError
from fieldops.storage import FolderStore, S3Store, StoreError, open_store
from tests.conftest import make_settings

DATA = b"%PDF-1.7 a letter"
NAME = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(scope="module")
def s3_address():
    """A real S3 service on this machine, spoken to over HTTP."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def credentials(monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def bucket(s3_address, credentials):
    """A bucket of its own, as boto3 sees it."""
    import boto3

    resource = boto3.resource("s3", endpoint_url=s3_address)
    made = resource.Bucket(f"b-{os.urandom(6).hex()}")
    made.create()
    return made


@pytest.fixture(params=["folder", "s3"])
def store(request, tmp_path):
    """Each kind of store, opened from settings."""
    if request.param == "folder":
        return open_store(make_settings(tmp_path))
    bucket, address = request.getfixturevalue("bucket"), request.getfixturevalue("s3_address")
    env = {"FIELDOPS_STORE": f"s3://{bucket.name}/fieldops/", "FIELDOPS_STORE_ENDPOINT": address}
    return open_store(make_settings(tmp_path, **env))


def test_an_object_is_found_again_under_its_sha256(store):
    assert store.put(DATA) == NAME
    assert store.get(NAME) == DATA


def test_the_same_bytes_twice_are_one_object(store):
    assert store.put(DATA) == store.put(DATA) == NAME
    assert store.get(NAME) == DATA


def test_an_empty_object_is_an_object(store):
    assert store.get(store.put(b"")) == b""


def test_an_object_that_is_not_there_is_named_with_its_mend(store):
    with pytest.raises(StoreError, match=f"object {NAME} is not in .*; restore it from a backup"):
        store.get(NAME)


def test_an_altered_file_is_refused(tmp_path):
    store = FolderStore(tmp_path)
    store.put(DATA)
    (tmp_path / NAME[:2] / NAME).write_bytes(DATA + b"!")
    with pytest.raises(StoreError, match=f"object {NAME} has been altered"):
        store.get(NAME)


def test_an_altered_object_in_a_bucket_is_refused(bucket, s3_address, tmp_path):
    env = {"FIELDOPS_STORE": f"s3://{bucket.name}", "FIELDOPS_STORE_ENDPOINT": s3_address}
    store = open_store(make_settings(tmp_path, **env))
    store.put(DATA)
    bucket.put_object(Key=NAME, Body=DATA[:-1])
    with pytest.raises(StoreError, match="has been altered"):
        store.get(NAME)


def test_a_prefix_keeps_two_installations_apart_in_one_bucket(bucket, s3_address, tmp_path):
    stores = [
        open_store(
            make_settings(tmp_path, FIELDOPS_STORE=f"s3://{bucket.name}/{prefix}", FIELDOPS_STORE_ENDPOINT=s3_address)
        )
        for prefix in ("one", "two")
    ]
    stores[0].put(DATA)
    assert [each.key for each in bucket.objects.all()] == [f"one/{NAME}"]
    with pytest.raises(StoreError):
        stores[1].get(NAME)


def test_a_bucket_nobody_made_is_said_to_be_missing_with_the_setting(s3_address, credentials, tmp_path):
    env = {"FIELDOPS_STORE": "s3://no-such-bucket", "FIELDOPS_STORE_ENDPOINT": s3_address}
    store = open_store(make_settings(tmp_path, **env))
    for ask in (lambda: store.put(DATA), lambda: store.get(NAME)):
        with pytest.raises(StoreError, match=r"no-such-bucket does not answer .*FIELDOPS_STORE"):
            ask()


def test_a_service_that_does_not_answer_is_said_so(credentials, tmp_path):
    import boto3
    from botocore.config import Config

    client = boto3.client("s3", endpoint_url="http://127.0.0.1:9", config=Config(retries={"max_attempts": 0}))
    with pytest.raises(StoreError, match="does not answer"):
        S3Store(client, "bucket", "").get(NAME)


def test_a_store_of_an_unknown_kind_is_refused_by_its_setting(tmp_path):
    with pytest.raises(SettingsError, match="FIELDOPS_STORE is 'ftp://x/y'; use a folder or s3://bucket/prefix"):
        open_store(make_settings(tmp_path, FIELDOPS_STORE="ftp://x/y"))


def test_a_folder_named_by_the_setting_is_used(tmp_path):
    open_store(make_settings(tmp_path, FIELDOPS_STORE=str(tmp_path / "elsewhere"))).put(DATA)
    assert (tmp_path / "elsewhere" / NAME[:2] / NAME).read_bytes() == DATA


@pytest.mark.parametrize("accident", ["fsync", "replace"])
def test_a_write_that_breaks_off_leaves_nothing_under_the_name(tmp_path, monkeypatch, accident):
    """Power fails before the bytes are safe, or before they have their name."""

    def fail(*_):
        raise OSError("power cut")

    store = FolderStore(tmp_path)
    (tmp_path / NAME[:2]).mkdir()
    with monkeypatch.context() as patched:
        if accident == "fsync":
            synced = os.fsync
            patched.setattr(storage.os, "fsync", lambda handle: fail() if _is_file(handle) else synced(handle))
        else:
            patched.setattr(storage.Path, "replace", fail)
        with pytest.raises(OSError, match="power cut"):
            store.put(DATA)
    with pytest.raises(StoreError):
        store.get(NAME)
    assert store.put(DATA) == NAME
    assert store.get(NAME) == DATA


def test_the_bytes_are_synced_before_they_get_their_name_and_the_folder_after(tmp_path, monkeypatch):
    order = []
    real_replace, real_sync = storage.Path.replace, os.fsync
    monkeypatch.setattr(
        storage.os, "fsync", lambda handle: (order.append("file" if _is_file(handle) else "folder"), real_sync(handle))
    )
    monkeypatch.setattr(storage.Path, "replace", lambda path, to: (order.append("named"), real_replace(path, to))[1])
    FolderStore(tmp_path).put(DATA)
    assert order[-3:] == ["file", "named", "folder"]


def _is_file(handle):
    import stat

    return stat.S_ISREG(os.fstat(handle).st_mode)


def test_what_is_forgotten_is_gone_and_forgetting_it_again_is_no_fault(store):
    store.put(DATA)
    store.delete(NAME)
    store.delete(NAME)
    with pytest.raises(StoreError):
        store.get(NAME)
