create table presence_pub (
  id           varchar(32)   not null primary key,
  aor          varchar(400)  not null,
  package      varchar(64)   not null,
  etag         varchar(32)   not null,
  source       varchar(255)  not null,
  content_type varchar(128)  not null,
  body         blob          not null,
  changed      integer       not null,
  expires      integer       not null,
  bound        integer       not null,
  call_id      varchar(255)  not null,
  cseq         integer       not null
);
create index presence_pub_expires on presence_pub (expires);
