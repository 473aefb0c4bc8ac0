-- Control tables, and the warm tier: manifest, parts, seals. Days are whole numbers since the epoch, UTC.

CREATE TABLE tenants (
  uid           TEXT PRIMARY KEY,                -- never reused
  id            TEXT NOT NULL,                   -- public; free again after a deletion
  name          TEXT NOT NULL,
  regions       TEXT NOT NULL,                   -- JSON array of location hints, home first
  timezone      TEXT NOT NULL,
  hash_key      TEXT NOT NULL,                   -- 32 hex digits: key of the tenant's pseudonyms
  shard_count   INTEGER NOT NULL DEFAULT 1,
  origins       TEXT NOT NULL DEFAULT '[]',      -- JSON array; any origin may send when it is empty
  created_at_ms INTEGER NOT NULL,
  deleted_at_ms INTEGER
) WITHOUT ROWID;
CREATE UNIQUE INDEX tenants_id ON tenants (id) WHERE deleted_at_ms IS NULL;

CREATE TABLE keys (
  hash          TEXT PRIMARY KEY,                -- SHA-256 of the key, hex; the key itself is never stored
  uid           TEXT NOT NULL,
  scope         TEXT NOT NULL,
  hint          TEXT NOT NULL,                   -- the last four characters, by which people recognise the key
  created_at_ms INTEGER NOT NULL,
  revoked_at_ms INTEGER
) WITHOUT ROWID;
CREATE INDEX keys_uid ON keys (uid);

CREATE TABLE rollups (
  uid           TEXT NOT NULL,
  rollup_id     TEXT NOT NULL,                   -- hash of the definition
  name          TEXT NOT NULL,
  definition    TEXT NOT NULL,                   -- JSON
  created_at_ms INTEGER NOT NULL,
  deleted_at_ms INTEGER,
  PRIMARY KEY (uid, rollup_id)
) WITHOUT ROWID;

-- The manifest: the only truth about the lake. manifest_seq grows in the order of commits.
CREATE TABLE segments (
  manifest_seq  INTEGER PRIMARY KEY AUTOINCREMENT,
  uid           TEXT NOT NULL,
  path          TEXT NOT NULL,
  source        TEXT NOT NULL,                   -- flush | import | seal
  incarnation   TEXT NOT NULL,                   -- incarnation of the shard, id and chunk of the import, or plan hash
  seq_from      INTEGER NOT NULL,
  seq_to        INTEGER NOT NULL,
  rollup_ids    TEXT NOT NULL DEFAULT '[]',      -- JSON: the rollups that counted every block of the flush
  day           INTEGER,                         -- null unless the source is a seal
  revision      INTEGER,                         -- null unless the source is a seal
  row_count     INTEGER NOT NULL,
  size_bytes    INTEGER NOT NULL,
  at_min_ms     INTEGER NOT NULL,
  at_max_ms     INTEGER NOT NULL,
  content_hash  TEXT NOT NULL,
  footer        TEXT                             -- base64 of the Parquet footer, so that a scan needs no read for it
);
CREATE UNIQUE INDEX segments_path ON segments (uid, path);

CREATE TABLE segment_days (
  uid           TEXT NOT NULL,
  day           INTEGER NOT NULL,
  manifest_seq  INTEGER NOT NULL,
  row_count     INTEGER NOT NULL,
  uncounted     INTEGER NOT NULL,                -- rows that are in no part: imported or beyond the allowed lateness
  PRIMARY KEY (uid, day, manifest_seq)
) WITHOUT ROWID;

CREATE TABLE flushes (
  uid           TEXT NOT NULL,
  incarnation   TEXT NOT NULL,
  seq_from      INTEGER NOT NULL,
  seq_to        INTEGER NOT NULL,
  checksum      TEXT NOT NULL,
  received      INTEGER NOT NULL,
  accepted      INTEGER NOT NULL,
  duplicate     INTEGER NOT NULL,
  quarantined   INTEGER NOT NULL,
  rejected      INTEGER NOT NULL,
  corrections   INTEGER NOT NULL,
  stored_at_ms  INTEGER NOT NULL,
  PRIMARY KEY (uid, incarnation, seq_from)
) WITHOUT ROWID;

CREATE TABLE parts (
  uid           TEXT NOT NULL,
  rollup_id     TEXT NOT NULL,
  incarnation   TEXT NOT NULL,
  seq_from      INTEGER NOT NULL,
  chunk         INTEGER NOT NULL,
  seq_to        INTEGER NOT NULL,
  day_min       INTEGER NOT NULL,
  day_max       INTEGER NOT NULL,
  overflowed    INTEGER NOT NULL,
  corrections   INTEGER NOT NULL,
  checksum      TEXT NOT NULL,
  cells         TEXT NOT NULL,                   -- base64 of packed cells, minute windows
  PRIMARY KEY (uid, rollup_id, incarnation, seq_from, chunk)
) WITHOUT ROWID;

-- A seal writes a plan row first (losers of a race adopt it), then cells under a revision that is not read yet, then
-- the flip.
CREATE TABLE seal_plans (
  uid           TEXT NOT NULL,
  day           INTEGER NOT NULL,
  revision      INTEGER NOT NULL,
  plan_hash     TEXT NOT NULL,
  covered_seq   INTEGER NOT NULL,                -- inputs: the day's segments with manifest_seq up to here
  plan          TEXT NOT NULL,                   -- JSON: inputs, vector, rollups
  created_at_ms INTEGER NOT NULL,
  PRIMARY KEY (uid, day, revision)
) WITHOUT ROWID;

CREATE TABLE sealed_days (
  uid           TEXT NOT NULL,
  day           INTEGER NOT NULL,
  revision      INTEGER NOT NULL,
  covered_seq   INTEGER NOT NULL,                -- a segment of the day with a greater manifest_seq makes the day dirty
  vector        TEXT NOT NULL,                   -- JSON {incarnation: coveredSeq}
  rollup_ids    TEXT NOT NULL,                   -- JSON: rollups that have cells of this revision
  events        INTEGER NOT NULL,
  people        INTEGER NOT NULL,
  drift         TEXT NOT NULL,                   -- JSON, by cause
  sealed_at_ms  INTEGER NOT NULL,
  PRIMARY KEY (uid, day)
) WITHOUT ROWID;

CREATE TABLE sealed_cells (
  uid           TEXT NOT NULL,
  rollup_id     TEXT NOT NULL,
  day           INTEGER NOT NULL,
  grain         TEXT NOT NULL,                   -- hour | day
  revision      INTEGER NOT NULL,
  chunk         INTEGER NOT NULL,
  overflowed    INTEGER NOT NULL,
  cells         TEXT NOT NULL,
  PRIMARY KEY (uid, rollup_id, day, grain, revision, chunk)
) WITHOUT ROWID;

CREATE TABLE leases (
  name          TEXT PRIMARY KEY,
  holder        TEXT NOT NULL,
  until_ms      INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE imports (
  uid           TEXT NOT NULL,
  import_id     TEXT NOT NULL,
  chunk         INTEGER NOT NULL,
  content_hash  TEXT NOT NULL,
  days          TEXT NOT NULL,                   -- JSON {day: rows}
  verdict       TEXT NOT NULL,                   -- JSON: the answer, which a repeated chunk gets again
  stored_at_ms  INTEGER NOT NULL,
  PRIMARY KEY (uid, import_id, chunk)
) WITHOUT ROWID;

CREATE TABLE dead_letters (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  queue         TEXT NOT NULL,
  body          TEXT NOT NULL,
  at_ms         INTEGER NOT NULL
);
