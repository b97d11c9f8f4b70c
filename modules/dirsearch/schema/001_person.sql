-- What is known of people, for those who look for them.
create table dirsearch_person (
  aor          varchar(400) not null,
  given_name   varchar(256) not null,
  sn           varchar(256) not null,
  display_name varchar(256) not null,
  mail         varchar(256) not null,
  title        varchar(256) not null,
  office       varchar(256) not null,
  phone        varchar(64)  not null,
  company      varchar(256) not null,
  city         varchar(256) not null,
  state        varchar(256) not null,
  country      varchar(64)  not null,
  ou           varchar(256) not null,
  primary key (aor)
);
-- Who may find the people of an organizational unit and what lies below it.
create table dirsearch_rule (
  ou       varchar(256) not null,
  who      varchar(400) not null,
  allowed  integer      not null,
  primary key (ou, who)
);
