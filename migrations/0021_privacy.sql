-- Changes of the tenant to the rules on what is stored: {"addresses": "keep", "urlParameters": [...]}; null when there are none.
ALTER TABLE tenants ADD COLUMN privacy TEXT;
