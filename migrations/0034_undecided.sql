-- The part of uncounted that may be copies: its shard has forgotten ids of their age, and the seal of the day decides.
ALTER TABLE segment_days ADD COLUMN undecided INTEGER NOT NULL DEFAULT 0;
