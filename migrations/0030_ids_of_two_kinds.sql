-- An anonymous id is not the user of the same name (src/core/people/id-hashes.ts): its hash has the two words swapped. A link
-- that a device has from before leads away from its new hash, too, so that its events from now on are its user's as they were.
INSERT OR IGNORE INTO links (uid, kind, from_hash, to_hash, at_ms, source, undone)
  SELECT uid, kind, substr(from_hash, 9) || substr(from_hash, 1, 8), to_hash, at_ms, source, undone
  FROM links WHERE kind = 'device';
INSERT OR IGNORE INTO waiting_links (uid, import_id, version, kind, from_hash, to_hash, at_ms)
  SELECT uid, import_id, version, kind, substr(from_hash, 9) || substr(from_hash, 1, 8), to_hash, at_ms
  FROM waiting_links WHERE kind = 'device';

-- The people to whom as many ids are linked as a person may have, so that an edge can say so of a further one.
CREATE TABLE full_people (
  uid         TEXT NOT NULL,
  person_hash TEXT NOT NULL,
  PRIMARY KEY (uid, person_hash)
) WITHOUT ROWID;
CREATE INDEX links_to ON links (uid, to_hash, from_hash);
