-- Beside an L1 file its identify, group and alias events once more, in a small file of their own (traitsPath): traits are read
-- from those, not from all events. NULL: sealed before there were such files; 0: it has no such events, and no such file.
ALTER TABLE segments ADD COLUMN traits_rows INTEGER;
ALTER TABLE segments ADD COLUMN traits_size_bytes INTEGER;
ALTER TABLE segments ADD COLUMN traits_footer TEXT;
