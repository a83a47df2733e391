/* The commands of main.c's table; one cmd_*.c each. */
#pragma once

#include "cli/cli.h"

extern const struct command command_check, command_list, command_explain, command_help;
