"""The object store: bytes under their SHA-256, in a folder or any S3-compatible service.

Objects are written before the transaction commits: a rollback leaves an orphan, never a row without its file.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from fieldops.errors import FieldopsError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fieldops.settings import Settings


class StoreError(FieldopsError):
    """An object is missing or its bytes are not what their name says."""


class Store(Protocol):
    """What every object store can do."""

    def put(self, data: bytes) -> str:
        """Keep ``data`` and return its SHA-256 in hex; the same bytes twice are one object."""
        ...

    def get(self, sha256: str) -> bytes:
        """The bytes of that name. Raises: StoreError when absent or altered."""
        ...

    def delete(self, sha256: str) -> None:
        """Forget the bytes of that name, if they are there; only for what nobody else can have put."""
        ...


class FolderStore:
    """Objects in a local folder, fsynced before they count."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, data: bytes) -> str:
        """Keep ``data`` durably; see Store."""
        name = hashlib.sha256(data).hexdigest()
        path = self._path(name)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _sync_folder(self._root)
            fresh = path.with_name(f"{name}.{os.getpid()}.{os.urandom(4).hex()}")
            with fresh.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
            _sync_folder(path.parent)
        return name

    def get(self, sha256: str) -> bytes:
        """The bytes of that name; see Store."""
        try:
            return _verified(self._path(sha256).read_bytes(), sha256)
        except FileNotFoundError:
            raise StoreError(f"object {sha256} is not in the store {self._root}; restore it from a backup") from None

    def delete(self, sha256: str) -> None:
        """Forget the bytes of that name; see Store."""
        path = self._path(sha256)
        there = list(path.parent.glob(f"{sha256}*"))  # with what a writer that died has left beside it
        for each in there:
            each.unlink(missing_ok=True)
        if there:
            _sync_folder(path.parent)

    def _path(self, name: str) -> Path:
        return self._root / name[:2] / name


class S3Store:
    """Objects in a bucket of an S3-compatible service (``s3://bucket/prefix``)."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    def put(self, data: bytes) -> str:
        """Keep ``data``; see Store."""
        name = hashlib.sha256(data).hexdigest()
        with self._answering():
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=data)
        return name

    def get(self, sha256: str) -> bytes:
        """The bytes of that name; see Store."""
        with self._answering():
            try:
                data = self._client.get_object(Bucket=self._bucket, Key=self._prefix + sha256)["Body"].read()
            except self._client.exceptions.NoSuchKey:
                raise StoreError(f"object {sha256} is not in bucket {self._bucket}; restore it from a backup") from None
        return _verified(data, sha256)

    def delete(self, sha256: str) -> None:
        """Forget the bytes of that name; see Store."""
        with self._answering():
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + sha256)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Raises: StoreError naming the settings when the service refuses or does not answer."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - loaded with boto3

        try:
            yield
        except (BotoCoreError, ClientError) as error:
            told = "check FIELDOPS_STORE, FIELDOPS_STORE_ENDPOINT and the AWS credentials"
            raise StoreError(f"bucket {self._bucket} does not answer ({error}); {told}") from None


def open_store(settings: Settings) -> Store:
    """The store these settings name: FIELDOPS_STORE unset or a folder, or ``s3://bucket/prefix``.

    Raises: SettingsError for any other address.
    """
    if settings.store_url is None:
        return FolderStore(settings.home / "store")
    parts = urlsplit(settings.store_url)
    if parts.scheme in {"", "file"}:
        return FolderStore(Path(parts.path))
    if parts.scheme != "s3":
        raise SettingsError(f"FIELDOPS_STORE is {settings.store_url!r}; use a folder or s3://bucket/prefix")
    import boto3  # noqa: PLC0415 - heavy, and only an installation with S3 needs it

    prefix = parts.path.strip("/")
    client = boto3.client("s3", endpoint_url=settings.store_endpoint)
    return S3Store(client, parts.netloc, f"{prefix}/" if prefix else "")


def _verified(data: bytes, sha256: str) -> bytes:
    if hashlib.sha256(data).hexdigest() != sha256:
        raise StoreError(f"object {sha256} has been altered; restore it from a backup")
    return data


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
