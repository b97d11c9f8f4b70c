-- How far a directory was followed: what was asked of it, its cookie for going on, and when (unix
-- seconds) all that it had was here.
create table dirsync_state (
  name    varchar(16)   not null,
  scope   varchar(2048) not null,
  cookie  varchar(4096) not null,
  synced  integer       not null,
  primary key (name)
);
