/*
 * core/sip/flight.h - the flight recorder: what happened to the messages of the last while, and
 * which lines of the script decided it.
 *
 * Each worker has two rings of fixed size: runs (one record for each script that ran on a
 * message, one for each response that came in) and their steps (cfg/tape.h). Only the worker
 * reads and writes them. Nothing of a message is kept but its names: Request-URI, From, To,
 * Call-ID, cut to FLIGHT_NAME bytes, and the phrase of an answer that the script gave; no header,
 * no body, no credentials.
 */
#ifndef CORE_SIP_FLIGHT_H
#define CORE_SIP_FLIGHT_H

#include "cfg/tape.h"
#include "core/sip/ctx.h"

#define FLIGHT_NAME 44u

struct flight_name { uint8_t len; bool is_cut; char text[FLIGHT_NAME]; };

struct flight_run {			/* 256 bytes */
	uint32_t           number;	/* of this worker; also marks its steps */
	uint32_t           first_step, last_step;	/* as tape.at was; last: behind the end */
	uint32_t           generation;
	int32_t            route;	/* id of the top route, -1: a response without a script */
	uint8_t            kind;	/* enum route_kind */
	uint8_t            status_vm;	/* enum vm_status, once it is over */
	uint8_t            method;	/* enum sip_method */
	uint8_t            transport;
	bool               is_request, is_over;
	uint16_t           status;	/* answered by the run; of a response: its own; 0: none */
	msec_t             begin;	/* loop time */
	uint32_t           took;	/* milliseconds from begin to the final response, or the end */
	struct sock_addr   from;
	struct flight_name uri, caller, callee, call_id;
};

_Static_assert(sizeof(struct flight_run) == 256, "a power of two of them fits a ring exactly");

/** So much memory for each worker's rings, 0: none. Before workers start. */
void flight_configure(size_t bytes);
/** Is anything recorded at all? */
bool flight_is_on(void);
/** Registers what each worker has to start and stop. */
void flight_register(void);

/** Runs that begin on the calling worker meanwhile leave no trace (questions of a test). */
void flight_pause(bool on);

/* ---- recording: on the owner of the ctx ---- */
/** A run of a route begins: its fiber has just been made. */
void flight_begin(struct lcs_ctx *ctx, int route);
void flight_end(struct lcs_ctx *ctx, enum vm_status status);
/** A response has come in; it may have no script. */
void flight_response(struct lcs_ctx *ctx);
struct sip_glance;
/** The same of one that was dealt with as bytes. */
void flight_answer(const struct sip_hop *from, struct sip_glance *response);
/** The run that ctx is in has answered its request, or sent it on. */
void flight_replied(struct lcs_ctx *ctx, const struct response_parts *parts);
void flight_relayed(struct lcs_ctx *ctx, const struct lcs_target *t);
/** Where a relayed request went, as the value of a TAPE_RELAY step. */
uint64_t flight_hop(const struct sip_hop *hop);

/* ---- reading: on the worker ---- */
struct flight_view { const struct flight_run *runs; uint32_t mask, next; const struct tape *tape; };
/** The calling worker's; runs NULL: it records nothing. Oldest possible run is next - mask - 1. */
struct flight_view flight_view(void);
/** Is this step of that run still there? */
const struct tape_step *flight_step(const struct flight_view *v, const struct flight_run *r,
    uint32_t at);

/* ---- coverage ---- */
/** Add the calling worker's counters under this generation to sum (tape_counters() many). */
void flight_add_counts(const struct lcs_gen *gen, uint64_t *sum);
/** The generation goes: its counters are freed. */
void flight_forget_counts(struct lcs_gen *gen);

#endif
