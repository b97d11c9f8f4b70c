-- One list per user: its number, groups and contacts. Group 1 is there without a row.
-- version: the number the list had when the row was last changed.
create table contacts_list (
  aor        varchar(400)  not null,
  number     integer       not null,
  changed    integer       not null,
  primary key (aor)
);
create table contacts_group (
  aor        varchar(400)  not null,
  id         integer       not null,
  name       varchar(256)  not null,
  external   varchar(1024) not null,
  version    integer       not null,
  primary key (aor, id)
);
create table contacts_contact (
  aor        varchar(400)  not null,
  uri        varchar(454)  not null,
  name       varchar(256)  not null,
  members    varchar(256)  not null,
  subscribed integer       not null,
  external   varchar(1024) not null,
  extension  varchar(1024) not null,
  place      integer       not null,
  version    integer       not null,
  primary key (aor, uri)
);
