-- Whether questions of the tenant count events of bots, 'exclude' or 'include'; null for a tenant from before the choice, whose
-- questions do. From its choice on the tenant's built-in rollups tell bots apart.
ALTER TABLE tenants ADD COLUMN bots TEXT;
-- Whether the built-in rollups that do not tell bots apart are kept too: those of tenants that have days counted under them.
ALTER TABLE tenants ADD COLUMN has_plain_rollups INTEGER NOT NULL DEFAULT 1;
