-- XCAP documents as their clients wrote them: number is that of the part (contacts, access list)
-- that the document says; of another number, the document is made anew from the part.
create table xcap_document (
  aor      varchar(400) not null,
  auid     varchar(32)  not null,
  number   integer      not null,
  body     mediumtext   not null,
  changed  integer      not null,
  primary key (aor, auid)
);
