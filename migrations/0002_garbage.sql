-- Objects of the lake that nothing lists any more: deleted after a while, for scans that had begun before.
CREATE TABLE garbage (
  path          TEXT PRIMARY KEY,
  after_ms      INTEGER NOT NULL
) WITHOUT ROWID;
