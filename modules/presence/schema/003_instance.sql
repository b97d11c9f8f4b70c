alter table presence_sub add column instance varchar(255) not null default '';
