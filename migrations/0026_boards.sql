-- Boards of a tenant: tiles on a grid, each with its question.
CREATE TABLE boards (
  uid           TEXT NOT NULL,
  board_id      TEXT NOT NULL,
  name          TEXT NOT NULL,
  tiles         TEXT NOT NULL,              -- JSON: a list of tiles
  tile_count    INTEGER NOT NULL,
  revision      INTEGER NOT NULL,           -- grows with each change
  updated_at_ms INTEGER NOT NULL,
  PRIMARY KEY (uid, board_id)
);

-- The latest answer of each tile. It is given again for a while, so that viewers of a shared board do not ask anew each.
CREATE TABLE tile_answers (
  uid            TEXT NOT NULL,
  board_id       TEXT NOT NULL,
  tile_id        TEXT NOT NULL,
  question_hash  TEXT NOT NULL,             -- of the question that was answered
  answer         TEXT NOT NULL,             -- JSON
  answered_at_ms INTEGER NOT NULL,
  claimed_at_ms  INTEGER NOT NULL DEFAULT 0, -- when a call last began to answer the question anew
  PRIMARY KEY (uid, board_id, tile_id)
);

-- Share links: keys that read one board. A revoked or expired one has no row; the trail tells of it.
CREATE TABLE shares (
  uid           TEXT NOT NULL,
  hash          TEXT NOT NULL,              -- SHA-256 of the key
  board_id      TEXT NOT NULL,
  hint          TEXT NOT NULL,              -- the last four characters of the key
  made_by       TEXT NOT NULL,              -- the id of the admin key that made it
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER,                    -- null when it does not expire
  PRIMARY KEY (uid, hash)
) WITHOUT ROWID;

-- Annotations of a tenant's charts: releases, campaigns, incidents, notes.
CREATE TABLE annotations (
  uid           TEXT NOT NULL,
  annotation_id TEXT NOT NULL,
  at_ms         INTEGER NOT NULL,
  until_ms      INTEGER,                    -- exclusive; null for an instant
  kind          TEXT NOT NULL,
  text          TEXT NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  PRIMARY KEY (uid, annotation_id)
) WITHOUT ROWID;
