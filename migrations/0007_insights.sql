-- Saved questions of a tenant, and the latest answer of each with the version of the data it was worked out from.
CREATE TABLE insights (
  uid            TEXT NOT NULL,
  insight_id     TEXT NOT NULL,
  name           TEXT NOT NULL,
  definition     TEXT NOT NULL,                  -- JSON: a body of POST /v1/query
  created_at_ms  INTEGER NOT NULL,
  version        TEXT,                           -- of the kept answer: question and data; null: none is kept
  answer         TEXT,                           -- JSON
  answered_at_ms INTEGER,
  PRIMARY KEY (uid, insight_id)
) WITHOUT ROWID;

-- The greatest manifest_seq of a tenant: whatever is stored of it has changed when this has.
CREATE INDEX segment_days_seq ON segment_days (uid, manifest_seq);
