-- One row per user who may sign in by NTLM: the hash of the password, and the account's name
-- where it is not that of the user.
create table ntlm_account (
  name     varchar(128) not null,
  domain   varchar(255) not null,
  nt_hash  varchar(32)  not null,
  login    varchar(255) not null,
  changed  integer      not null,
  primary key (domain, name)
);
