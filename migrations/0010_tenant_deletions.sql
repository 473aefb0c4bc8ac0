-- Tenants whose data is being removed or was removed. With these rows src/control/deletion/deletion.ts resumes after a
-- failure.
CREATE TABLE tenant_deletions (
  uid             TEXT PRIMARY KEY,
  requested_at_ms INTEGER NOT NULL,
  shards          TEXT NOT NULL DEFAULT '[]',      -- JSON array of {region, index}: every known shard
  objects         INTEGER NOT NULL DEFAULT 0,      -- deleted so far
  row_count       INTEGER NOT NULL DEFAULT 0,      -- deleted so far
  error           TEXT,                            -- the error of the latest attempt; null when it did not fail
  busy_until_ms   INTEGER NOT NULL DEFAULT 0,
  emptied_at_ms   INTEGER,                         -- all was removed; late writes were still possible
  finished_at_ms  INTEGER                          -- all was removed; late writes are impossible
) WITHOUT ROWID;

-- Tenants that earlier releases only marked.
INSERT INTO tenant_deletions (uid, requested_at_ms) SELECT uid, deleted_at_ms FROM tenants WHERE deleted_at_ms IS NOT NULL;
