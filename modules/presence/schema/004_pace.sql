alter table presence_sub add column pace integer not null default 0;
