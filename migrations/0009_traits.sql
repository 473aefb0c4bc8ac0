-- The identify, group and alias events of an L1 file stand once more in a small file beside it (traitsPath), so that a
-- question about traits does not read all events. NULL when the seal is older than these files; 0 when there are no
-- such events, and then there is no file.
ALTER TABLE segments ADD COLUMN traits_rows INTEGER;
ALTER TABLE segments ADD COLUMN traits_size_bytes INTEGER;
ALTER TABLE segments ADD COLUMN traits_footer TEXT;
