-- Who may see whom and write to whom: one list per user, with a number, and its entries.
-- forced: an administrator's entry, which the user cannot change.
create table presence_acl_list (
  aor      varchar(400) not null,
  number   integer      not null,
  changed  integer      not null,
  primary key (aor)
);
create table presence_acl_entry (
  aor      varchar(400) not null,
  kind     varchar(8)   not null,
  mask     varchar(454) not null,
  forced   integer      not null,
  rights   varchar(2)   not null,
  version  integer      not null,
  primary key (aor, kind, mask, forced)
);
