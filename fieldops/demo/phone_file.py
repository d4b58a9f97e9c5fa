"""The phone's one file: where it is in its feed, what is confirmed, what is recalled, what is to be sent."""

TABLES = """
CREATE TABLE IF NOT EXISTS place (
    one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT, cursor INTEGER, offline_until TEXT,
    of_epoch TEXT);
CREATE TABLE IF NOT EXISTS base (id TEXT PRIMARY KEY, version INTEGER NOT NULL, data TEXT NOT NULL, valid_until TEXT);
CREATE TABLE IF NOT EXISTS recalled (id TEXT PRIMARY KEY, reason TEXT NOT NULL, shown INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS outbox (
    n INTEGER PRIMARY KEY, id TEXT UNIQUE, type TEXT, entity_id TEXT, base_version INTEGER, depends_on TEXT,
    device_time TEXT, boot_id TEXT, elapsed_ms INTEGER, schema INTEGER, body TEXT, code TEXT, detail TEXT);
INSERT OR IGNORE INTO place VALUES (1, NULL, NULL, NULL, NULL);
"""
SHOWN = """
SELECT id, version, data FROM base WHERE NOT EXISTS (
    SELECT 1 FROM outbox WHERE type = 'result' AND entity_id = base.id
    AND (code IS NULL OR (code NOT LIKE 'REJECTED%' AND base_version >= base.version)))
"""
"""Confirmed stops without those the outbox reports."""
