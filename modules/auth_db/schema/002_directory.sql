-- What a user has from a directory: the key of the entry there (empty: made here), its account and
-- names, and which server is home.
alter table user_account add column dir_key varchar(64) not null default '';
alter table user_account add column account varchar(128) not null default '';
alter table user_account add column display_name varchar(255) not null default '';
alter table user_account add column home varchar(512) not null default '';
