-- Names of events and of top-level properties that a tenant has sent (src/lake/manifest/name-store.ts). They serve the
-- refusal of misspelt names; no answer is made of them.
CREATE TABLE names (
  uid           TEXT NOT NULL,
  kind          TEXT NOT NULL,                   -- event, property, or whole
  name          TEXT NOT NULL,                   -- empty: further names of the kind came and are not kept
  PRIMARY KEY (uid, kind, name)
) WITHOUT ROWID;
