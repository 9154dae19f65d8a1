//! The tables of the two databases, as migrations. A migration that has landed is never edited.

use rusqlite::Connection;
use std::path::Path;

use crate::error::{Error, Result};

/// Migrations of `aloft.db`; the database's `user_version` counts those applied.
pub(crate) const WORKSPACE: &[&str] = &["
CREATE TABLE change (
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,
    id    TEXT NOT NULL
);
CREATE TABLE job (
    id           TEXT PRIMARY KEY,
    kind         TEXT NOT NULL,
    subject      TEXT NOT NULL,
    spec         TEXT NOT NULL,
    state        TEXT NOT NULL,
    request      TEXT NOT NULL DEFAULT 'none',
    progress     TEXT,
    error        TEXT,
    pid          INTEGER,
    created_ms   INTEGER NOT NULL,
    started_ms   INTEGER,
    ended_ms     INTEGER,
    heartbeat_ms INTEGER
) STRICT;
CREATE INDEX job_by_state ON job (state);
CREATE TABLE log (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    job     TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    time_ms INTEGER NOT NULL,
    level   TEXT NOT NULL,
    text    TEXT NOT NULL
) STRICT;
CREATE INDEX log_by_job ON log (job, seq);
CREATE TABLE dataset (
    id        TEXT PRIMARY KEY,
    path      TEXT NOT NULL UNIQUE,
    source    TEXT NOT NULL,
    key       TEXT NOT NULL,
    opened_ms INTEGER NOT NULL,
    rows      INTEGER,
    columns   INTEGER,
    warnings  TEXT NOT NULL DEFAULT '[]'
) STRICT;
CREATE TABLE column_profile (
    dataset  TEXT NOT NULL REFERENCES dataset (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    profile  TEXT NOT NULL,
    PRIMARY KEY (dataset, position)
) STRICT;
CREATE TABLE run (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    dataset     TEXT NOT NULL,
    fingerprint TEXT,
    model       TEXT NOT NULL,
    task        TEXT NOT NULL,
    target      TEXT NOT NULL,
    recipe      TEXT NOT NULL,
    job         TEXT REFERENCES job (id),
    result      TEXT,
    created_ms  INTEGER NOT NULL
) STRICT;
CREATE INDEX run_by_time ON run (created_ms);
", "
CREATE TABLE model (
    name        TEXT PRIMARY KEY,
    description TEXT NOT NULL DEFAULT '',
    created_ms  INTEGER NOT NULL
) STRICT;
CREATE TABLE version (
    id          TEXT PRIMARY KEY,
    model       TEXT NOT NULL REFERENCES model (name),
    number      INTEGER NOT NULL,
    run         TEXT,
    description TEXT NOT NULL,
    tags        TEXT NOT NULL,
    facts       TEXT NOT NULL,
    digest      TEXT NOT NULL,
    bytes       INTEGER NOT NULL,
    created_ms  INTEGER NOT NULL,
    deleted_ms  INTEGER,
    UNIQUE (model, number)
) STRICT;
-- What each alias means now; the primary key makes sure that there are never two champions.
CREATE TABLE alias (
    model  TEXT NOT NULL REFERENCES model (name),
    alias  TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (model, alias),
    FOREIGN KEY (model, number) REFERENCES version (model, number)
) STRICT, WITHOUT ROWID;
-- What each alias ever meant. Rows are only added.
CREATE TABLE alias_move (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    model    TEXT NOT NULL,
    alias    TEXT NOT NULL,
    number   INTEGER,
    previous INTEGER,
    time_ms  INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    reason   TEXT NOT NULL
) STRICT;
CREATE INDEX alias_move_by_alias ON alias_move (model, alias, seq);
CREATE TRIGGER alias_move_stays BEFORE UPDATE ON alias_move BEGIN SELECT raise(ABORT, 'the alias history is append-only'); END;
CREATE TRIGGER alias_move_is_kept BEFORE DELETE ON alias_move BEGIN SELECT raise(ABORT, 'the alias history is append-only'); END;
-- Who did what; each row names the hash of the row before it.
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    time_ms INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL,
    hash    TEXT NOT NULL
) STRICT;
CREATE TABLE endpoint (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    spec       TEXT NOT NULL,
    wanted     TEXT NOT NULL,
    job        TEXT REFERENCES job (id),
    status     TEXT,
    created_ms INTEGER NOT NULL,
    deleted_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX endpoint_by_name ON endpoint (name) WHERE deleted_ms IS NULL;
-- Of a token only its hash is kept.
CREATE TABLE endpoint_token (
    hash       TEXT PRIMARY KEY,
    endpoint   TEXT NOT NULL REFERENCES endpoint (id),
    label      TEXT NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE health (
    endpoint   TEXT PRIMARY KEY REFERENCES endpoint (id),
    state      TEXT NOT NULL,
    reason     TEXT NOT NULL,
    since_ms   INTEGER NOT NULL,
    checked_ms INTEGER NOT NULL,
    latency_ms REAL,
    restarts   INTEGER NOT NULL DEFAULT 0
) STRICT;
-- Each change of an endpoint's health; the ones not seen are alerts.
CREATE TABLE health_change (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint TEXT NOT NULL,
    time_ms  INTEGER NOT NULL,
    before   TEXT NOT NULL,
    after    TEXT NOT NULL,
    reason   TEXT NOT NULL,
    seen     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX health_change_by_endpoint ON health_change (endpoint, seq);
CREATE TABLE failure (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint TEXT NOT NULL,
    time_ms  INTEGER NOT NULL,
    status   INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    message  TEXT NOT NULL,
    request  TEXT NOT NULL
) STRICT;
CREATE INDEX failure_by_endpoint ON failure (endpoint, seq);
", "
-- Where buckets are and how a person signs in. No row holds a secret.
CREATE TABLE connection (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    spec       TEXT NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;
-- Each file of a transfer is here before its bytes move.
CREATE TABLE transfer_file (
    id         INTEGER PRIMARY KEY,
    job        TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    -- `copy`, or `delete` of the source.
    action     TEXT NOT NULL,
    -- Which of the order's sources it came from.
    origin     INTEGER NOT NULL,
    source     TEXT NOT NULL,
    target     TEXT NOT NULL,
    bytes      INTEGER NOT NULL,
    -- What the source's content was when it was listed: time of change or ETag.
    stamp      TEXT NOT NULL,
    state      TEXT NOT NULL,
    -- Lower ones move first.
    position   INTEGER NOT NULL DEFAULT 0,
    -- Bytes that need not move again.
    moved      INTEGER NOT NULL DEFAULT 0,
    attempts   INTEGER NOT NULL DEFAULT 0,
    -- The provider's name for the unfinished upload, and the size of its parts.
    upload     TEXT,
    part_bytes INTEGER,
    error      TEXT
) STRICT;
CREATE INDEX transfer_file_by_state ON transfer_file (job, state, position, id);
-- A plan that is made once more adds nothing twice.
CREATE UNIQUE INDEX transfer_file_by_source ON transfer_file (job, origin, source);
-- How far the list of files is. Without a row nothing was listed yet.
CREATE TABLE transfer_plan (
    job       TEXT PRIMARY KEY REFERENCES job (id) ON DELETE CASCADE,
    is_whole  INTEGER NOT NULL,
    -- Files that were the same already and have no row.
    unchanged INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
-- The parts of a file that arrived, and what the provider calls each.
CREATE TABLE transfer_part (
    file     INTEGER NOT NULL REFERENCES transfer_file (id) ON DELETE CASCADE,
    number   INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,
    tag      TEXT NOT NULL,
    checksum TEXT NOT NULL,
    PRIMARY KEY (file, number)
) STRICT, WITHOUT ROWID;
", "
-- The steps that make a dataset ready, as `aloft-data` writes them. The file is never touched.
ALTER TABLE dataset ADD COLUMN steps TEXT NOT NULL DEFAULT '[]';
", "
-- The contents that a dataset was seen with, each by the key it had.
CREATE TABLE dataset_version (
    dataset     TEXT NOT NULL REFERENCES dataset (id) ON DELETE CASCADE,
    key         TEXT NOT NULL,
    seen_ms     INTEGER NOT NULL,
    opened_ms   INTEGER NOT NULL,
    rows        INTEGER,
    -- Names and types of the columns as a JSON list of pairs, once profiled.
    schema      TEXT,
    -- Names the content, once a run has read it.
    fingerprint TEXT,
    PRIMARY KEY (dataset, key)
) STRICT, WITHOUT ROWID;
INSERT INTO dataset_version (dataset, key, seen_ms, opened_ms, rows)
    SELECT id, key, opened_ms, opened_ms, rows FROM dataset WHERE key <> '';
"];

/// Migrations of `metrics.db`.
pub(crate) const METRICS: &[&str] = &["
CREATE TABLE series (
    id   INTEGER PRIMARY KEY,
    run  TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (run, name)
) STRICT;
-- Live points, not yet in a chunk. `bits` is the f64 as an integer, so that NaN survives.
CREATE TABLE point (
    series  INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    seq     INTEGER NOT NULL,
    step    INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    bits    INTEGER NOT NULL,
    PRIMARY KEY (series, seq)
) STRICT, WITHOUT ROWID;
-- Compacted points: the statistics of the whole chunk, of each 64 of its points, and the points.
CREATE TABLE chunk (
    series   INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    first    INTEGER NOT NULL,
    step_min INTEGER NOT NULL,
    step_max INTEGER NOT NULL,
    total    BLOB NOT NULL,
    summary  BLOB NOT NULL,
    points   BLOB NOT NULL,
    PRIMARY KEY (series, first)
) STRICT, WITHOUT ROWID;
"];

/// Brings a database to the newest version; a newer one is refused and not touched.
pub(crate) fn migrate(connection: &mut Connection, path: &Path, migrations: &[&str]) -> Result<()> {
    let known = migrations.len() as i64;
    let found = version(connection)?;
    if found > known {
        return Err(Error::DatabaseNewer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    if found == known {
        return Ok(());
    }
    let action = "update the tables";
    let transaction = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(Error::database(action))?;
    // Another process may have migrated while this one waited for the lock.
    let found = version(&transaction)?;
    for migration in migrations.iter().skip(found.max(0) as usize) {
        transaction.execute_batch(migration).map_err(Error::database(action))?;
    }
    transaction
        .pragma_update(None, "user_version", known.max(found))
        .map_err(Error::database(action))?;
    transaction.commit().map_err(Error::database(action))
}

fn version(connection: &Connection) -> Result<i64> {
    connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(Error::database("read the version"))
}
