-- Messages that wait for somebody to sign in. id: rises with each message of a user.
create table msilo_message (
  aor     varchar(400)  not null,
  id      bigint        not null,
  sender  varchar(1024) not null,
  type    varchar(512)  not null,
  lines   varchar(4096) not null,
  body    blob          not null,
  sent    integer       not null,
  expires integer       not null,
  primary key (aor, id)
);
create index msilo_message_expires on msilo_message (expires);
