/*
 * Who a result is about.
 */
#pragma once

#include "effective/host.h"
#include "model/result.h"

/* The machine-id is hashed together with the tool's name, as machine-id(5) asks. */
struct host_facts host_identity(struct host *h);
