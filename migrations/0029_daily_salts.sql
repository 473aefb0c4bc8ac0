-- The salts of pseudonyms of people without a device id, one a UTC day for all tenants. A salt is deleted when the day after
-- its own is over; then nothing tells anymore who a pseudonym was.
CREATE TABLE daily_salts (
  day  INTEGER PRIMARY KEY,
  salt TEXT NOT NULL                             -- 32 random bytes, hexadecimal
) WITHOUT ROWID;
