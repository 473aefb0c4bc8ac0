-- Links between the hashes of ids (src/core/people/links.ts), written with the flush or chunk that holds the event.
-- Only an earlier link of the same two ids replaces a row, under a new link_seq. A reader that has read up to some
-- link_seq therefore continues from there.
CREATE TABLE links (
  link_seq      INTEGER PRIMARY KEY AUTOINCREMENT,
  uid           TEXT NOT NULL,
  kind          TEXT NOT NULL,                   -- device | alias
  from_hash     TEXT NOT NULL,                   -- 16 hex digits: D1 hands out integers as doubles
  to_hash       TEXT NOT NULL,
  at_ms         INTEGER NOT NULL,
  source        TEXT NOT NULL                    -- the incarnation of the flush or chunk
);
CREATE UNIQUE INDEX links_ids ON links (uid, kind, from_hash, to_hash);
CREATE INDEX links_uid ON links (uid, link_seq);

CREATE TABLE cohorts (
  uid           TEXT NOT NULL,
  cohort_id     TEXT NOT NULL,
  name          TEXT NOT NULL,
  definition    TEXT NOT NULL,                   -- JSON
  created_at_ms INTEGER NOT NULL,
  deleted_at_ms INTEGER,
  PRIMARY KEY (uid, cohort_id)
) WITHOUT ROWID;
