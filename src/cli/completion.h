/* The part of the completions that is the same whatever the tables say; src/cli/completion/. */
#pragma once

extern const char completion_bash[], completion_zsh[], completion_fish[];
extern const char completion_bash_hash[], completion_zsh_hash[], completion_fish_hash[];
