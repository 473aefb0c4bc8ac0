-- Events a minute that the tenant may send to an isolate of the edge; null when there is no limit.
ALTER TABLE tenants ADD COLUMN quota_events_per_minute INTEGER;
