-- What a seal covers is collected (docs/correctness.md, L): files of flushes and imports, and their rows.
--
-- The ground of a sealed day is a seal that holds nothing an undo could take. A later seal of the day reads the files of the
-- ground and the segments beyond `ground_seq`, and so does a reader of a day whose seal does not count. What lies at or below
-- `ground_seq` is read by neither. Without a ground (0) a seal reads all segments of the day.
ALTER TABLE sealed_days ADD COLUMN ground_revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sealed_days ADD COLUMN ground_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sealed_days ADD COLUMN ground_drift TEXT;   -- JSON; null while the ground is the day's seal, and without one

-- Of a sealed file the hash of the names of all columns that its writer knew; null for older files and for other sources.
ALTER TABLE segments ADD COLUMN columns_hash TEXT;

-- The seals whose cells and files are read, as before. It is no join any more: SQLite could not put one in the place of the view on
-- the right of a LEFT JOIN, and would make the view for all tenants at each question.
DROP VIEW counting_seals;
CREATE VIEW counting_seals AS
  SELECT * FROM sealed_days d WHERE d.superseded_seq >= COALESCE(
    (SELECT v.superseded_seq FROM superseded_days v WHERE v.uid = d.uid AND v.day = d.day), 0);

-- The files that count for a sealed day: those of its seal, or of its ground while the seal does not count.
CREATE VIEW counting_files AS
  SELECT d.uid, d.day,
    IIF(d.superseded_seq >= COALESCE((SELECT v.superseded_seq FROM superseded_days v WHERE v.uid = d.uid AND v.day = d.day), 0),
      d.revision, d.ground_revision) AS revision,
    IIF(d.superseded_seq >= COALESCE((SELECT v.superseded_seq FROM superseded_days v WHERE v.uid = d.uid AND v.day = d.day), 0),
      d.covered_seq, d.ground_seq) AS covered_seq
  FROM sealed_days d;

-- Days of which something may be collected, some time after. A row is a reminder and decides nothing. Triggers write the rows, so
-- that no writer forgets one, whatever its release.
CREATE TABLE collections (
  uid              TEXT NOT NULL,
  day              INTEGER NOT NULL,
  since_ms        INTEGER NOT NULL,
  PRIMARY KEY (uid, day)
) WITHOUT ROWID;
CREATE INDEX collections_since ON collections (since_ms);
CREATE TRIGGER sealed_days_collected AFTER INSERT ON sealed_days
BEGIN
  INSERT INTO collections (uid, day, since_ms) VALUES (NEW.uid, NEW.day, NEW.sealed_at_ms)
  ON CONFLICT (uid, day) DO UPDATE SET since_ms = excluded.since_ms;
END;
CREATE TRIGGER sealed_days_collected_again AFTER UPDATE OF revision ON sealed_days WHEN NEW.revision > OLD.revision
BEGIN
  INSERT INTO collections (uid, day, since_ms) VALUES (NEW.uid, NEW.day, NEW.sealed_at_ms)
  ON CONFLICT (uid, day) DO UPDATE SET since_ms = excluded.since_ms;
END;
-- A day of which a version of an import was taken back may never be sealed: nothing else may be there.
CREATE TRIGGER superseded_days_collected AFTER INSERT ON superseded_days
BEGIN
  INSERT INTO collections (uid, day, since_ms)
  SELECT NEW.uid, NEW.day, x.at_ms FROM supersessions x WHERE x.supersession_seq = NEW.superseded_seq
  ON CONFLICT (uid, day) DO UPDATE SET since_ms = MAX(collections.since_ms, excluded.since_ms);
END;
CREATE TRIGGER superseded_days_collected_again AFTER UPDATE ON superseded_days
BEGIN
  INSERT INTO collections (uid, day, since_ms)
  SELECT NEW.uid, NEW.day, x.at_ms FROM supersessions x WHERE x.supersession_seq = NEW.superseded_seq
  ON CONFLICT (uid, day) DO UPDATE SET since_ms = MAX(collections.since_ms, excluded.since_ms);
END;

-- A plan is not made upon another ground than the day's, and names no segment that was collected since its state was read. The
-- database refuses it, whatever release made it: one from before grounds would seal a day without what its ground holds.
CREATE TRIGGER seal_plans_ground BEFORE INSERT ON seal_plans
WHEN COALESCE(NEW.plan ->> '$.ground.revision', 0) <> COALESCE(
    (SELECT d.ground_revision FROM sealed_days d WHERE d.uid = NEW.uid AND d.day = NEW.day), 0)
  OR EXISTS (SELECT 1 FROM json_each(NEW.plan, '$.inputs') i WHERE NOT EXISTS (
    SELECT 1 FROM segments s WHERE s.manifest_seq = i.value))
BEGIN
  SELECT RAISE(IGNORE);
END;

-- The flushes of an incarnation that were collected: those below `seq_to`, which are stored whatever comes, and their sums.
CREATE TABLE flush_heads (
  uid           TEXT NOT NULL,
  incarnation   TEXT NOT NULL,
  seq_to        INTEGER NOT NULL,
  flushes       INTEGER NOT NULL,
  received      INTEGER NOT NULL,
  accepted      INTEGER NOT NULL,
  duplicate     INTEGER NOT NULL,
  quarantined   INTEGER NOT NULL,
  rejected      INTEGER NOT NULL,
  clamped       INTEGER NOT NULL,
  corrections   INTEGER NOT NULL,
  stored_at_ms  INTEGER NOT NULL,                -- of the latest of them
  PRIMARY KEY (uid, incarnation)
) WITHOUT ROWID;
