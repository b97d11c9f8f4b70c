-- The key of temporary GRUUs: the same after a restart, and on all nodes of a store.
create table registrar_key (
  id     integer     not null,
  value  varchar(64) not null,
  primary key (id)
);
