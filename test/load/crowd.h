/*
 * test/load/crowd.h - many SIP clients in one process: what its files share.
 *
 * Each user has a socket of his own, watches some others, says who he is by a number in the note
 * of his presence, and remembers the last number he saw of each whom he watches. So at any
 * time it can be told whether every watcher's view is what the other one has published.
 */
#ifndef TEST_LOAD_CROWD_H
#define TEST_LOAD_CROWD_H

#include "modules/auth_ntlm/keys.h"
#include "utils/buf.h"
#include "utils/list.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/types.h>

#define CONTACTS_MAX 32u
#define HEX_CHARS    8u

/* UDP, TCP: standard clients, digest. LCS: TCP, NTLM, everything signed. TCP may have TLS on it. */
enum kind { KIND_UDP, KIND_TCP, KIND_LCS, KIND_COUNT };

/* What a user asks. The first ones are dialogs of an LCS client, kept by their number. */
enum what {
	ASK_WAITING, ASK_ACL, ASK_ROAMING, ASK_PROVISIONING, ASK_LIST,	/* LCS */
	ASK_WATCH,		/* number: which contact */
	ASK_REGISTER, ASK_PUBLISH, ASK_MESSAGE, ASK_CONTACT, ASK_COUNT
};

struct ask {			/* a request without its final answer yet */
	struct list node;	/* in user->asks */
	enum what   what;
	unsigned    number;	/* which contact, message or change */
	unsigned    serial;	/* in its branch */
	unsigned    tries;
	int64_t     begun, again, gap;	/* microseconds */
	struct buf *bytes;	/* NULL: postponed until again */
};

struct dialog {			/* of a subscription */
	unsigned version;	/* Call-ID: a new one each time it begins */
	uint32_t cseq, seen;	/* of our last request; of the server's */
	char     tag[48];	/* the server's; "": none yet */
	char     target[128];	/* its Contact */
	bool     is_up;
};

struct signing {		/* an LCS client's association */
	enum { SIGN_NOTHING, SIGN_EMPTY, SIGN_TOKEN, SIGN_UP } stage;
	char             opaque[64], target[128];
	struct buf      *token;		/* SIGN_TOKEN: what answers the challenge */
	struct ntlm_keys keys;
	unsigned         count;
};

struct digesting {		/* a standard client's last challenge */
	char     realm[128], nonce[128];
	unsigned count;
};

struct user {
	struct crowd *c;
	unsigned   index;
	enum kind  kind;
	int        fd;			/* -1: not connected */
	struct ssl_st *ssl;		/* NULL: plain, or not that far */
	bool       is_up;		/* connected, hands shaken */
	bool       wants_out;		/* there is more in out than went */
	struct buf *in, *out;
	struct sockaddr_in local;
	unsigned   contact_port;	/* of his first connection; his Contact stays */
	struct list asks;
	unsigned   lives;		/* how often he connected */
	uint32_t   cseq;
	int64_t    retry;		/* connect not before */
	bool       is_in;		/* signed in, all he watches is subscribed to */
	unsigned   missing;		/* answers until then */
	struct signing   sign;
	struct digesting digest;
	struct dialog   *dialogs;	/* c->contacts, or ASK_WATCH for an LCS client */
	unsigned   contacts[CONTACTS_MAX], seen[CONTACTS_MAX];
	char       etag[48];
	/* the number in his note: of the last request, and of the last one answered 200 */
	unsigned   said, acked;
	int64_t    said_at;
	/* contacts that he added to his list: asked for, answered 200, and read in the list */
	unsigned   added, added_acked, added_seen, delta;
};

#define LATENCY_MS 20000u

struct latency { unsigned count[LATENCY_MS + 1], total; };

struct tally {
	unsigned sign_ins, ended, refused, lost, timeouts, challenged, resent;
	unsigned subscribed;		/* dialogs of standard clients */
	unsigned published, messages, stored, message_asks, added;
	unsigned notices, repeated, reordered, terminated;
	unsigned bad_signatures, strangers_messages, strays;
	unsigned first_refusal;		/* its status */
	struct latency publish, message, notice;
};

struct crowd {
	struct sockaddr_in server[KIND_COUNT];
	const char *domain, *password;
	const char *ca;			/* file; NULL: without TLS */
	struct ssl_ctx_st *tls;
	unsigned    kinds[KIND_COUNT], n, contact_count, at_once;
	int         epoll;
	int64_t     now;		/* microseconds */
	unsigned    serial, in_count, starting;
	struct user *users;
	struct ntlm_crypt *crypt;
	unsigned char password_hash[NTLM_KEY_BYTES];
	unsigned char *arrived;		/* a byte per message: bit 0 came, bit 1 was answered */
	unsigned    arrived_size;
	struct tally t;
};

/* ---- text.c: messages as text ---- */
/** A header's first value without blanks; empty if there is none. name as the server writes it. */
struct slice text_header(struct slice head, const char *name);
/** What stands behind "name=" or name=", up to the quote, or to the end of the value. */
struct slice text_param(struct slice value, const char *name);
/** Of From or To: the URI between <>, and the tag. */
struct slice text_uri(struct slice value);
struct slice text_tag(struct slice value);
uint16_t text_status(struct slice head);	/* 0: a request */
struct slice text_method(struct slice head);	/* of a request, else of CSeq */
unsigned text_number(struct slice s);		/* its digits at the front */
void text_keep(char *to, size_t size, struct slice s);
unsigned char random_byte(void);
void random_hex(char out[HEX_CHARS + 1]);
unsigned random_below(unsigned n);

/* ---- link.c: bytes to and from the server ---- */
void link_open(struct user *u);
void link_close(struct user *u);
void link_ready(struct user *u, unsigned events);
void link_send(struct user *u, struct slice bytes);

/* ---- secure.c: with TLS or without it ---- */
int  secure_init(struct crowd *c);
/** 0: bytes may be written; -EAGAIN: when something has come; else hopeless. */
int  secure_shake(struct user *u);
/** As recv() and send() do it, errno too. */
ssize_t secure_read(struct user *u, char *into, size_t room);
ssize_t secure_write(struct user *u, struct slice bytes);
void secure_free(struct user *u);

/* ---- ask.c: requests and their answers ---- */
void ask_begin(struct user *u, enum what what, unsigned number);
/** The same again, after that many microseconds. */
void ask_postpone(struct user *u, const struct ask *refused, int64_t delay);
void ask_answered(struct user *u, struct slice head, struct slice body);
/** UDP: send again what was not answered; all: give up what took too long. */
void ask_tick(struct user *u);
void asks_drop(struct user *u);
bool ask_is_under_way(const struct user *u, enum what what);

/* ---- build.c: the bytes of requests ---- */
struct buf *build_request(struct user *u, const struct ask *a);
struct buf *build_answer(struct user *u, struct slice head, unsigned status);

/* ---- sign.c: digest and NTLM from the client's side ---- */
int  sign_init(struct crowd *c);
/** Credentials for what has been written of a message so far, if there are any to give. */
void sign_put(struct user *u, struct buf *b);
/** A challenge came: what answers it is put into the next REGISTER, or request. false: hopeless. */
bool sign_challenged(struct user *u, struct slice head);
/** A final answer or a request of the server's: is it signed as it must be? */
void sign_check(struct user *u, struct slice head);
void sign_forget(struct user *u);

/* ---- user.c: what users do ---- */
void users_make(struct crowd *c);
void user_connected(struct user *u);
void user_lost(struct user *u);
void user_message(struct user *u, struct slice head, struct slice body);
void user_answer(struct user *u, const struct ask *a, uint16_t status, struct slice head,
    struct slice body);
/** False: he is not in, or has not finished the last one. */
bool user_publish(struct user *u);
bool user_write(struct user *u);
bool user_add_contact(struct user *u);
bool user_drop(struct user *u);

/* ---- view.c: documents that came ---- */
/** Every presence document in a body: the views of this watcher. */
void view_read(struct user *u, struct slice body);
/** A contact list, or a change of one. */
void view_read_contacts(struct user *u, struct slice body);
struct view_sum { unsigned views, behind, ahead, contacts_lost; unsigned watcher, watched, seen, said; };
struct view_sum view_compare(const struct crowd *c);

void latency_add(struct latency *l, int64_t us);

#endif
