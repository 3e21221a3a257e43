-- Who shares a key is read from the index alone, sketch and all; SQLite keeps the table in that order anyway.
{postgres} ALTER TABLE blocking_keys DROP CONSTRAINT blocking_keys_pkey;
{postgres} CREATE UNIQUE INDEX blocking_keys_pkey ON blocking_keys (key, identity) INCLUDE (sketch);
{postgres} ALTER TABLE blocking_keys ADD PRIMARY KEY USING INDEX blocking_keys_pkey;

-- Each registration would look for its organization five times and lock its row against others who do the same, to find
-- out what the actor's token said a moment before. Organizations are never deleted.
{postgres} ALTER TABLE identities DROP CONSTRAINT identities_organisation_fkey;
{postgres} ALTER TABLE numbers DROP CONSTRAINT numbers_organisation_fkey;
{postgres} ALTER TABLE facts DROP CONSTRAINT facts_organisation_fkey;
{postgres} ALTER TABLE audit DROP CONSTRAINT audit_organisation_fkey;
{postgres} ALTER TABLE idempotency DROP CONSTRAINT idempotency_organisation_fkey;

-- What the same statements write a line before needs no looking for either.
{postgres} ALTER TABLE numbers DROP CONSTRAINT numbers_identity_fkey;
{postgres} ALTER TABLE facts DROP CONSTRAINT facts_identity_fkey;
{postgres} ALTER TABLE audit_private DROP CONSTRAINT audit_private_audit_fkey;
{postgres} ALTER TABLE audit_chain DROP CONSTRAINT audit_chain_audit_fkey;
