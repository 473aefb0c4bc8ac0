-- Tenants whose data is being removed, or was: the work of src/control/deletion/deletion.ts, so that it goes on after any failure.
CREATE TABLE tenant_deletions (
  uid             TEXT PRIMARY KEY,
  requested_at_ms INTEGER NOT NULL,
  shards          TEXT NOT NULL DEFAULT '[]',      -- JSON array of {region, index}: every shard that was found
  objects         INTEGER NOT NULL DEFAULT 0,      -- deleted so far
  row_count       INTEGER NOT NULL DEFAULT 0,      -- deleted so far
  error           TEXT,                            -- of the latest attempt; null: it did not fail
  busy_until_ms   INTEGER NOT NULL DEFAULT 0,
  emptied_at_ms   INTEGER,                         -- nothing was left, but something under way might still have written
  finished_at_ms  INTEGER                          -- nothing was left, and nothing can come any more
) WITHOUT ROWID;

-- Tenants that earlier releases only marked.
INSERT INTO tenant_deletions (uid, requested_at_ms) SELECT uid, deleted_at_ms FROM tenants WHERE deleted_at_ms IS NOT NULL;
