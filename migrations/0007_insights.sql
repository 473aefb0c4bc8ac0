-- Saved questions of a tenant, and the latest answer of each with the version of the data that it was computed from.
CREATE TABLE insights (
  uid            TEXT NOT NULL,
  insight_id     TEXT NOT NULL,
  name           TEXT NOT NULL,
  definition     TEXT NOT NULL,                  -- JSON: a body of POST /v1/query
  created_at_ms  INTEGER NOT NULL,
  version        TEXT,                           -- version of question and data of the answer; null without an answer
  answer         TEXT,                           -- JSON
  answered_at_ms INTEGER,
  PRIMARY KEY (uid, insight_id)
) WITHOUT ROWID;

-- The greatest manifest_seq of a tenant: it changes whenever the stored data of the tenant changes.
CREATE INDEX segment_days_seq ON segment_days (uid, manifest_seq);
