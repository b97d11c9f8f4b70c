-- The key of the marks in our Routes: the same after a restart, and on all nodes of a store.
create table rr_key (
  id     integer     not null,
  value  varchar(64) not null,
  primary key (id)
);
