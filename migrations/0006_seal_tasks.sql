-- Tasks of a seal too big for one invocation, done: a part of its ids, or a bucket of its people. Gone with the flip.
CREATE TABLE seal_tasks (
  uid           TEXT NOT NULL,
  day           INTEGER NOT NULL,
  revision      INTEGER NOT NULL,
  task          TEXT NOT NULL,                   -- ids-<n> | bucket-<n>
  result        TEXT NOT NULL,                   -- JSON: what it counted
  PRIMARY KEY (uid, day, revision, task)
) WITHOUT ROWID;
