-- Names (lower case) of users who were deleted, and the key of their entry in the directory (empty:
-- made here): what is kept under such a name is not for somebody else who gets it.
create table user_former (
  aor      varchar(400) not null,
  dir_key  varchar(64)  not null,
  gone     integer      not null,
  primary key (aor)
);
