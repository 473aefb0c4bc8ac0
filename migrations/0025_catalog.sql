-- What is known of each name that a tenant has sent (src/lake/names/fact-store.ts): the catalogue is made of it. It holds
-- names and days, never a value of a property.
CREATE TABLE name_facts (
  uid           TEXT NOT NULL,
  kind          TEXT NOT NULL,                   -- event, property, person or group
  name          TEXT NOT NULL,
  types         INTEGER NOT NULL,                -- bits of src/core/names/name-facts.ts
  events        TEXT NOT NULL,                   -- JSON: names of events that have the property
  first_at_ms   INTEGER NOT NULL,
  last_at_ms    INTEGER NOT NULL,
  PRIMARY KEY (uid, kind, name)
) WITHOUT ROWID;
