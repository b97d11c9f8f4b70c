-- Users of our domains who live on another server: what it is called.
create table user_home (
  aor           varchar(384) not null,
  home          varchar(255) not null,
  changed       integer      not null,
  version       integer      not null,
  primary key (aor)
);
