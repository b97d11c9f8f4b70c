create table presence_waiting (
  aor     varchar(400) not null,
  watcher varchar(400) not null,
  name    varchar(255) not null,
  since   integer      not null,
  primary key (aor, watcher)
);
