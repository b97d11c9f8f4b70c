-- The domain that a directory's account is of, and secrets that are kept there: then the digests are
-- its, too (by_directory), and nt_hash is that of the password, in hex.
alter table user_account add column account_domain varchar(255) not null default '';
alter table user_account add column by_directory integer not null default 0;
alter table user_account add column nt_hash varchar(32) not null default '';
