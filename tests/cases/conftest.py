"""What cases tell the features above."""

import pytest

from fieldops import events


@pytest.fixture
def heard(monkeypatch):
    """The events announced, in order; nobody else hears them."""
    told = []
    monkeypatch.setattr(events, "announce", lambda _, event: told.append(event))
    monkeypatch.setattr(events, "announce_all", lambda _, happened: told.extend(happened))
    return told
