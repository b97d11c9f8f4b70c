-- Each refresh moved its entry in there, which cost more than the row; rows are found by their key.
drop index usrloc_binding_expires;
