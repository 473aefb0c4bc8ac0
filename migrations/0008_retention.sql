-- What a tenant wants to be kept, and what was dropped. `dropped` only ever grows: readers go by it (CORRECTNESS A5), the
-- deleting that follows is garbage collection.
CREATE TABLE retention (
  uid            TEXT PRIMARY KEY,
  policy         TEXT NOT NULL,                  -- JSON
  updated_at_ms  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE dropped (
  uid            TEXT NOT NULL,
  tier           TEXT NOT NULL,                  -- hour | day | lake | event
  name           TEXT NOT NULL,                  -- of the event; '' for the other tiers
  day_from       INTEGER NOT NULL,               -- the first day of which something was dropped
  day_before     INTEGER NOT NULL,               -- whatever is older does not count
  updated_at_ms  INTEGER NOT NULL,
  PRIMARY KEY (uid, tier, name)
) WITHOUT ROWID;

-- Names of the events that the seal left out because they had expired: JSON array.
ALTER TABLE sealed_days ADD COLUMN expired TEXT NOT NULL DEFAULT '[]';
