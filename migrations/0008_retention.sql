-- The expiry policy of a tenant, and the ranges that were dropped. `dropped` only grows, and readers follow it
-- (docs/correctness.md, A5). The deletion of files and rows that follows is garbage collection.
CREATE TABLE retention (
  uid            TEXT PRIMARY KEY,
  policy         TEXT NOT NULL,                  -- JSON
  updated_at_ms  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE dropped (
  uid            TEXT NOT NULL,
  tier           TEXT NOT NULL,                  -- hour | day | lake | event
  name           TEXT NOT NULL,                  -- the name of the event; '' for the other tiers
  day_from       INTEGER NOT NULL,               -- the first dropped day
  day_before     INTEGER NOT NULL,               -- earlier days do not count
  updated_at_ms  INTEGER NOT NULL,
  PRIMARY KEY (uid, tier, name)
) WITHOUT ROWID;

-- Names of the events that the seal left out because they had expired: JSON array.
ALTER TABLE sealed_days ADD COLUMN expired TEXT NOT NULL DEFAULT '[]';
