-- Imports have versions (docs/correctness.md, J). The chunks of a version wait outside of the manifest until its finish
-- puts their segments into it, all in one batch; the greatest finished version of an import counts. An undo is a version
-- without chunks.
CREATE TABLE import_versions (
  uid            TEXT NOT NULL,
  import_id      TEXT NOT NULL,
  version        INTEGER NOT NULL,               -- from 1
  state          TEXT NOT NULL,                  -- open | finished | dropped
  fingerprint    TEXT NOT NULL,                  -- what the client made it from, in its own words; '' when it did not say
  received_at_ms INTEGER NOT NULL,               -- the receipt of all rows: the first start of the import
  used_at_ms     INTEGER NOT NULL,               -- the latest start, of the version or of a chunk
  chunk_count    INTEGER,                        -- null until the finish, which names it; 0 for an undo
  copies         INTEGER NOT NULL DEFAULT 0,     -- rows left out, because an earlier row of the version has their id
  finished_at_ms INTEGER,
  PRIMARY KEY (uid, import_id, version)
) WITHOUT ROWID;
CREATE INDEX import_versions_open ON import_versions (uid, used_at_ms) WHERE state = 'open';
CREATE INDEX import_versions_received ON import_versions (uid, received_at_ms, import_id);

CREATE TABLE import_chunks (
  uid            TEXT NOT NULL,
  import_id      TEXT NOT NULL,
  version        INTEGER NOT NULL,
  chunk          INTEGER NOT NULL,
  content_hash   TEXT NOT NULL,                  -- of the body
  verdict        TEXT NOT NULL,                  -- JSON: the answer, which a repeated chunk gets again; '' until it is stored
  started_at_ms  INTEGER NOT NULL,               -- the first try: the clock that every try goes by
  PRIMARY KEY (uid, import_id, version, chunk)
) WITHOUT ROWID;

-- The days of a version, and its rows of each. They stay when the version is finished.
CREATE TABLE import_days (
  uid            TEXT NOT NULL,
  import_id      TEXT NOT NULL,
  version        INTEGER NOT NULL,
  day            INTEGER NOT NULL,
  row_count      INTEGER NOT NULL,
  PRIMARY KEY (uid, import_id, version, day)
) WITHOUT ROWID;

-- What the finish puts into `segments`, `segment_days` and `links`. The rows go with the finish.
CREATE TABLE waiting_segments (
  uid            TEXT NOT NULL,
  import_id      TEXT NOT NULL,
  version        INTEGER NOT NULL,
  chunk          INTEGER NOT NULL,
  path           TEXT NOT NULL,
  row_count      INTEGER NOT NULL,
  size_bytes     INTEGER NOT NULL,
  at_min_ms      INTEGER NOT NULL,
  at_max_ms      INTEGER NOT NULL,
  content_hash   TEXT NOT NULL,
  footer         TEXT,
  days           TEXT NOT NULL,                  -- JSON: day, rowCount and uncounted of each day
  ids_path       TEXT,                           -- the ids that the sender gave, for the comparison; null when it gave none
  PRIMARY KEY (uid, import_id, version, chunk)
);
CREATE TABLE waiting_links (
  uid            TEXT NOT NULL,
  import_id      TEXT NOT NULL,
  version        INTEGER NOT NULL,
  kind           TEXT NOT NULL,
  from_hash      TEXT NOT NULL,
  to_hash        TEXT NOT NULL,
  at_ms          INTEGER NOT NULL,
  PRIMARY KEY (uid, import_id, version, kind, from_hash, to_hash)
) WITHOUT ROWID;

-- The versions that ceased to count. Their segments name the seq; a seal pins the greatest that it has seen.
CREATE TABLE supersessions (
  supersession_seq INTEGER PRIMARY KEY AUTOINCREMENT,
  uid            TEXT NOT NULL,
  import_id      TEXT NOT NULL,
  version        INTEGER NOT NULL,
  at_ms          INTEGER NOT NULL
);
CREATE INDEX supersessions_uid ON supersessions (uid, supersession_seq);
CREATE TABLE superseded_days (
  uid            TEXT NOT NULL,
  day            INTEGER NOT NULL,
  superseded_seq INTEGER NOT NULL,               -- the latest supersession of a segment with rows of the day
  PRIMARY KEY (uid, day)
) WITHOUT ROWID;

ALTER TABLE segments ADD COLUMN import_id TEXT;             -- null unless the source is an import
ALTER TABLE segments ADD COLUMN import_version INTEGER;
ALTER TABLE segments ADD COLUMN superseded_seq INTEGER;     -- null while the segment counts
CREATE INDEX segments_import ON segments (uid, import_id, import_version) WHERE import_id IS NOT NULL;
ALTER TABLE sealed_days ADD COLUMN superseded_seq INTEGER NOT NULL DEFAULT 0;

-- The seals whose cells and files are read: those of which nothing was superseded since.
CREATE VIEW counting_seals AS
  SELECT d.* FROM sealed_days d LEFT JOIN superseded_days v ON v.uid = d.uid AND v.day = d.day
  WHERE COALESCE(v.superseded_seq, 0) <= d.superseded_seq;

-- Imports from before: the chunks that are stored are version 1 and count already.
INSERT INTO import_versions (uid, import_id, version, state, fingerprint, received_at_ms, used_at_ms, chunk_count, finished_at_ms)
  SELECT uid, import_id, 1, CASE WHEN open THEN 'open' ELSE 'finished' END, '', first_ms, last_ms,
    CASE WHEN open THEN NULL ELSE chunks END, CASE WHEN open THEN NULL ELSE last_ms END
  FROM (SELECT uid, import_id, MIN(stored_at_ms) AS first_ms, MAX(stored_at_ms) AS last_ms, COUNT(*) AS chunks,
      MIN(verdict) = '' OR MAX(stored_at_ms) > (unixepoch() - 86400) * 1000 AS open
    FROM imports GROUP BY uid, import_id);
INSERT INTO import_chunks (uid, import_id, version, chunk, content_hash, verdict, started_at_ms)
  SELECT uid, import_id, 1, chunk, content_hash, verdict, stored_at_ms FROM imports;
INSERT INTO import_days (uid, import_id, version, day, row_count)
  SELECT uid, import_id, 1, j.key + 0, SUM(j.value) FROM imports, json_each(days) j WHERE verdict <> '' GROUP BY uid, import_id, j.key + 0;
-- The incarnation of a segment is import-<id>-<chunk>.
UPDATE segments SET import_version = 1,
  import_id = substr(rtrim(incarnation, '0123456789'), 8, length(rtrim(incarnation, '0123456789')) - 8)
  WHERE source = 'import';
DROP TABLE imports;

-- A link is a row of each source that told it, so that an undone import takes none that another source told too. A source
-- is the incarnation of a shard, or import-<id>~<version>; links that imports told before are of their chunk, and stay.
ALTER TABLE links ADD COLUMN undone INTEGER NOT NULL DEFAULT 0;
DROP INDEX links_ids;
CREATE UNIQUE INDEX links_ids ON links (uid, kind, from_hash, to_hash, source);
CREATE INDEX links_source ON links (uid, source);
CREATE INDEX links_undone ON links (uid, link_seq) WHERE undone = 1;
