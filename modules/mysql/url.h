/*
 * modules/mysql/url.h - "//user@host:port/database?socket=PATH", taken apart.
 */
#ifndef MODULES_MYSQL_URL_H
#define MODULES_MYSQL_URL_H

#include "utils/slice.h"

struct mysql_url {
	char     user[128], host[256], database[128], socket[108];	/* socket: empty, or a path */
	uint16_t port;			/* 0: not said */
};

/**
 * @param text  what stands behind "mysql:"
 * @param why   static text
 * @return 0 or -EINVAL
 */
int mysql_url_parse(struct slice text, struct mysql_url *out, const char **why);

#endif
