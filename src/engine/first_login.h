/*
 * The first administrator's way to `dengbao setup` on a system where it has not been done yet.
 */
#pragma once

#include "effective/host.h"

/* The first file that setup leaves behind: where it is, setup has been done. */
#define SETUP_DONE_PATH "/etc/dengbao/policy.d/50-setup-accounts.yaml"

enum first_login {
    FIRST_LOGIN_DONE,
    FIRST_LOGIN_HINT,  /* somebody can log in, or may come to be able to: say what to run */
    FIRST_LOGIN_SETUP, /* nobody can log in on any path: whoever is at a console sets it up */
};

/* What a console should do. Anything that is not certain is a hint: setup at a console without a
 * login would else be a way past locked accounts. */
enum first_login first_login(struct host *h);
