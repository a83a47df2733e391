/*
 * Between the readers of results only: a scan that remembers the first thing that makes the file
 * something else than a result.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"
#include "format/json_scan.h"
#include "model/result.h"

struct reader {
    struct json_scan scan;
    struct arena *arena;
    struct text refused; /* none, or why this is no result; the scan then goes on to its end */
    bool has_schema, has_tool;
    int64_t schema;
};

struct reader reader_of(struct arena *a, struct str bytes);
/* The next member of the whole; "schema" is taken care of, a later one ends the reading. */
bool reader_member(struct reader *r, struct str *ret_key);
void reader_tool(struct reader *r, const char **ret_version);
void reader_text(struct reader *r, const char **ret);              /* null: NULL */
void reader_name(struct reader *r, size_t most, const char **ret); /* cut to `most` bytes */
void reader_number(struct reader *r, int64_t max, int64_t *ret);
void reader_strings(struct reader *r, struct strings *ret);
void reader_languages(struct reader *r, struct text *ret); /* {"zh", "en"}, or null */
void reader_verdict(struct reader *r, const char *name, enum verdict *ret);
void reader_need(struct reader *r, const char *value, const char *name);
void reader_identifier(struct reader *r, const char *id); /* lower-case words joined by "-" */
/* Words of the schema's patterns; NULL is one. "1.4", "6.4.1.1": numbers joined by points. */
void reader_numbers(struct reader *r, const char *s);
void reader_trigger(struct reader *r, const char *s);                  /* "A-18" */
void reader_digest(struct reader *r, const char *s, const char *name); /* SHA-256 in hex */
void reader_refuse(struct reader *r, const char *en, const char *zh);
struct text reader_both(struct text t); /* none where one of the languages is missing */
/* Was the file changed since it was written? Then its conclusion says so wherever it is shown. */
bool reader_altered(struct arena *a, struct str bytes, struct text *conclusion);
/* 0, or -EINVAL with the message. */
int reader_finish(struct reader *r, struct err *e);

/* ---- result_settled.c ---- */
void reader_settlements(struct reader *r, struct settlements *ret);
/* Rules point to what settled them. */
void reader_link_settlements(struct result *r);
