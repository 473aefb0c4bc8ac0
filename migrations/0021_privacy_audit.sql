-- Changes of the tenant to the rules on what is stored: {"addresses": "keep", "urlParameters": [...]}; null when there are none.
ALTER TABLE tenants ADD COLUMN privacy TEXT;

-- The maker of a key: 'root', or the first 16 hex digits of the hash of the key that made it; null for an older key.
ALTER TABLE keys ADD COLUMN made_by TEXT;
-- Keys are listed by page in the order of their making.
CREATE INDEX keys_listed ON keys (uid, created_at_ms, hash);

-- Who made, revoked and deleted what, and who failed as root. It names keys by their ids and holds no secret.
CREATE TABLE audit (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms      INTEGER NOT NULL,
  owner_uid  TEXT,                        -- the tenant; null for the platform
  tenant     TEXT,                        -- its id at that time
  actor      TEXT NOT NULL,               -- 'root', the id of a key, or 'unknown'
  action     TEXT NOT NULL,
  subject    TEXT,                        -- the id of the key or of the tenant
  count      INTEGER NOT NULL DEFAULT 1   -- attempts that the row stands for
);
CREATE INDEX audit_tenant ON audit (tenant, seq);
