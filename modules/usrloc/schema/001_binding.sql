-- One row per binding of an address of record.
create table usrloc_binding (
  aor        varchar(400)  not null,
  ruid       varchar(32)   not null,
  contact    varchar(1024) not null,
  params     varchar(1024) not null,
  call_id    varchar(255)  not null,
  cseq       integer       not null,
  user_agent varchar(255)  not null,
  instance   varchar(255)  not null,
  reg_id     integer       not null,
  path       varchar(2048) not null,
  methods    integer       not null,
  q          integer       not null,
  expires    integer       not null,
  changed    integer       not null,
  node       varchar(255)  not null,
  transport  varchar(8)    not null,
  remote     varchar(64)   not null,
  local      varchar(64)   not null,
  primary key (aor, ruid)
);
create index usrloc_binding_expires on usrloc_binding (expires);
