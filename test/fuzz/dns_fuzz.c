/*
 * A DNS server may send us anything: every kind of answer is made of every input.
 */
#include "core/dns/record.h"
#include "utils/err.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA, DNS_SRV, DNS_NAPTR };

	if (size > 65535)
		return 0;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct dns_answer *a = dns_answer_parse(SLICE("example.com"), types[i], data,
		    (int)size, 1000, 86400000, 300000);

		lcs_assert(a && a->count <= DNS_RECORDS_MAX && a->expires > 1000);
		lcs_assert((a->count > 0) == (a->err == 0));
		free(a);
	}
	return 0;
}
