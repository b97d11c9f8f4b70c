-- The name (DN) of a user's entry in the directory, whose units (OU) rules may name. Empty: made here,
-- or not read since this column is here; then the directory is compared as a whole (dirsync).
alter table user_account add column dir_dn varchar(1024) not null default '';
