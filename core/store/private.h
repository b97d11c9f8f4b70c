/*
 * core/store/private.h - files with secrets in them are for the server's user alone.
 */
#ifndef CORE_STORE_PRIVATE_H
#define CORE_STORE_PRIVATE_H

/**
 * Before a database file is opened: make it, if it is not there, with mode 0600, whatever the
 * umask; take from others what they may do with one that is there, and with SQLite's files
 * beside it, which a warning tells. None is opened: closing it would drop SQLite's locks.
 *
 * @param why  static text, if others may still read it
 * @return 0, -EPERM: the file is somebody else's and open to others
 */
int store_make_private(const char *path, const char **why);

#endif
