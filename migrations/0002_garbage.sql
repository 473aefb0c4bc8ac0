-- Objects of the lake that are not in the manifest any more. They are deleted later, after the scans that use them.
CREATE TABLE garbage (
  path          TEXT PRIMARY KEY,
  after_ms      INTEGER NOT NULL
) WITHOUT ROWID;
