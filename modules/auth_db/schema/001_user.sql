-- Users and their digest secrets: H(name:domain:password), and with name@domain as the name.
create table user_account (
  name          varchar(128) not null,
  domain        varchar(255) not null,
  enabled       integer      not null,
  md5           varchar(32)  not null,
  sha256        varchar(64)  not null,
  md5_full      varchar(32)  not null,
  sha256_full   varchar(64)  not null,
  changed       integer      not null,
  version       integer      not null,
  primary key (domain, name)
);
