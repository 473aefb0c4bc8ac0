-- Finished tasks of a seal that is too big for one invocation: shares of its ids, or ranges of people. The flip deletes
-- them.
CREATE TABLE seal_tasks (
  uid           TEXT NOT NULL,
  day           INTEGER NOT NULL,
  revision      INTEGER NOT NULL,
  task          TEXT NOT NULL,                   -- ids-<n> | bucket-<n>
  result        TEXT NOT NULL,                   -- JSON: the counts of the task
  PRIMARY KEY (uid, day, revision, task)
) WITHOUT ROWID;
