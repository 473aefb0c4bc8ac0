-- A part is of one kind and of one day, so that a count reads no people, and a question reads the days it asks for. Parts
-- of earlier releases are of the kind 'all' and may be of several days; they go with the seals of their days.

CREATE TABLE parts_by_kind (
  uid           TEXT NOT NULL,
  rollup_id     TEXT NOT NULL,
  kind          TEXT NOT NULL DEFAULT 'all',       -- 'counts', 'people', 'all'
  day_min       INTEGER NOT NULL,
  incarnation   TEXT NOT NULL,
  seq_from      INTEGER NOT NULL,
  chunk         INTEGER NOT NULL,
  seq_to        INTEGER NOT NULL,
  day_max       INTEGER NOT NULL,
  start_ms_min  INTEGER NOT NULL DEFAULT -9000000000000000,  -- starts of the first and the last minute of the windows
  start_ms_max  INTEGER NOT NULL DEFAULT 9000000000000000,
  overflowed    INTEGER NOT NULL,
  corrections   INTEGER NOT NULL,
  size_bytes    INTEGER NOT NULL DEFAULT 0,        -- of the text in cells, which comes last: what is before it is read without it
  checksum      TEXT NOT NULL,
  cells         TEXT NOT NULL,                     -- base64 of packed cells, windows of minutes or, once merged, of quarter hours
  PRIMARY KEY (uid, rollup_id, kind, day_min, incarnation, seq_from, chunk)
) WITHOUT ROWID;

INSERT INTO parts_by_kind (uid, rollup_id, day_min, incarnation, seq_from, chunk, seq_to, day_max, overflowed, corrections, size_bytes, checksum, cells)
  SELECT uid, rollup_id, day_min, incarnation, seq_from, chunk, seq_to, day_max, overflowed, corrections, length(cells), checksum, cells
  FROM parts;
DROP TABLE parts;
ALTER TABLE parts_by_kind RENAME TO parts;
