-- The days that a seal would change, so that the schedule finds them without reading the manifest. A row is a reminder and
-- decides nothing: whether a day is dirty is read from the manifest (docs/correctness.md, B3). A trigger writes the rows,
-- so that no writer of segments forgets one, whatever its release.
CREATE TABLE dirty_days (
  uid              TEXT NOT NULL,
  day              INTEGER NOT NULL,
  manifest_seq     INTEGER NOT NULL,             -- the newest segment with rows of the day; 0 when a seal is wanted without one
  row_count        INTEGER NOT NULL,             -- rows that came since the day was sealed
  due_at_ms        INTEGER NOT NULL,             -- the schedule queues the day from then on
  cause            TEXT NOT NULL,                -- schedule | import | command
  claimed_until_ms INTEGER NOT NULL DEFAULT 0,   -- a message of the queue names the day; 0 when none does
  PRIMARY KEY (uid, day)
) WITHOUT ROWID;
CREATE INDEX dirty_days_due ON dirty_days (due_at_ms);
CREATE INDEX dirty_days_claimed ON dirty_days (uid, claimed_until_ms) WHERE claimed_until_ms > 0;

-- When the day may be sealed again: for many late rows (a tenth of its events), and for few. Each seal writes both.
ALTER TABLE sealed_days ADD COLUMN reseal_many_at_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sealed_days ADD COLUMN reseal_few_at_ms INTEGER NOT NULL DEFAULT 0;

-- A day is due two hours after its end.
CREATE TRIGGER segment_days_dirty AFTER INSERT ON segment_days
BEGIN
  INSERT INTO dirty_days (uid, day, manifest_seq, row_count, due_at_ms, cause)
  SELECT NEW.uid, NEW.day, NEW.manifest_seq, NEW.row_count, MAX((NEW.day + 1) * 86400000 + 7200000, COALESCE((
    SELECT IIF(10 * NEW.row_count >= d.events, d.reseal_many_at_ms, d.reseal_few_at_ms)
    FROM sealed_days d WHERE d.uid = NEW.uid AND d.day = NEW.day), 0)), 'schedule'
  WHERE NEW.manifest_seq > COALESCE((SELECT d.covered_seq FROM sealed_days d WHERE d.uid = NEW.uid AND d.day = NEW.day), 0)
    AND NEW.day >= COALESCE((SELECT r.day_before FROM dropped r WHERE r.uid = NEW.uid AND r.tier = 'lake' AND r.name = ''), NEW.day)
  ON CONFLICT (uid, day) DO UPDATE SET
    manifest_seq = MAX(dirty_days.manifest_seq, excluded.manifest_seq),
    row_count = dirty_days.row_count + excluded.row_count,
    due_at_ms = MIN(dirty_days.due_at_ms, MAX((NEW.day + 1) * 86400000 + 7200000, COALESCE((
      SELECT IIF(10 * (dirty_days.row_count + NEW.row_count) >= d.events, d.reseal_many_at_ms, d.reseal_few_at_ms)
      FROM sealed_days d WHERE d.uid = NEW.uid AND d.day = NEW.day), 0)));
END;

-- A day of which an import's version was superseded is dirty too; one that no seal holds is found clean.
CREATE TRIGGER superseded_days_dirty AFTER INSERT ON superseded_days
BEGIN
  INSERT INTO dirty_days (uid, day, manifest_seq, row_count, due_at_ms, cause)
  VALUES (NEW.uid, NEW.day, 1, 0, (NEW.day + 1) * 86400000 + 7200000, 'schedule')
  ON CONFLICT (uid, day) DO UPDATE SET due_at_ms = MIN(dirty_days.due_at_ms, excluded.due_at_ms);
END;
CREATE TRIGGER superseded_days_dirty_again AFTER UPDATE ON superseded_days
BEGIN
  INSERT INTO dirty_days (uid, day, manifest_seq, row_count, due_at_ms, cause)
  VALUES (NEW.uid, NEW.day, 1, 0, (NEW.day + 1) * 86400000 + 7200000, 'schedule')
  ON CONFLICT (uid, day) DO UPDATE SET due_at_ms = MIN(dirty_days.due_at_ms, excluded.due_at_ms);
END;

INSERT INTO dirty_days (uid, day, manifest_seq, row_count, due_at_ms, cause)
  SELECT sd.uid, sd.day, MAX(sd.manifest_seq), SUM(sd.row_count), (sd.day + 1) * 86400000 + 7200000, 'schedule'
  FROM segment_days sd LEFT JOIN sealed_days d ON d.uid = sd.uid AND d.day = sd.day
  WHERE sd.manifest_seq > COALESCE(d.covered_seq, 0)
    AND sd.day >= COALESCE((SELECT r.day_before FROM dropped r WHERE r.uid = sd.uid AND r.tier = 'lake' AND r.name = ''), sd.day)
  GROUP BY sd.uid, sd.day;

-- Every statement of the cron finds its rows by an index.
CREATE INDEX garbage_after ON garbage (after_ms);
CREATE INDEX leases_until ON leases (until_ms);
