/*
 * ask_proof [PATH=FILE | -PATH]...: stages the bytes of FILE at PATH (or the removal of PATH) on
 * this machine's root and prints what the real programs say to that, for test-proof.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "engine/plan.h"
#include "engine/prove.h"
#include "root/own.h"

static int stage(struct root *view, char *word)
{
    char *file = strchr(word, '=');
    struct str bytes;
    struct attributes attributes = {true, strstr(word, "sudoers") ? 0440 : 0644, 0, 0};
    if (word[0] == '-')
        return stage_remove(view, word + 1);
    if (!file)
        return stage_mkdir(view, word, &(struct attributes){true, 0755, 0, 0});
    *file++ = '\0';
    int code = own_read(root_arena(view), file, &bytes, NULL);
    return code < 0 ? code : stage_write(view, word, bytes, &attributes);
}

int main(int argc, char **argv)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct err e = {.arena = a};
    struct root *root, *view;
    if (root_open(a, "/", 0, &root, &e) < 0 || root_stage(root, &view) < 0) {
        (void)fprintf(stderr, "%s\n", text_in(e.message, LANG_EN));
        return 1;
    }
    for (int i = 1; i < argc; i++) {
        int code = stage(view, argv[i]);
        if (code < 0) {
            (void)fprintf(stderr, "%s: %s\n", argv[i], errno_text(code).en);
            return 1;
        }
    }
    struct plan plan = {.host = host_open(root, 0), .staged = host_open(view, 0)};
    const struct staged_change *changes;
    size_t n;
    root_staged_changes(view, &changes, &n);
    for (size_t i = 0; i < n; i++) {
        struct step s = {.kind = changes[i].kind == STAGED_REMOVE  ? STEP_REMOVE
                                 : changes[i].kind == STAGED_MKDIR ? STEP_MAKE_DIRECTORY
                                                                   : STEP_WRITE_FILE,
                         .target = changes[i].path,
                         .change = &changes[i],
                         .diff = ""};
        vec_push(a, &plan.steps, s);
    }
    prove_tools(&plan);
    vec_each (t, &plan.refusals)
        (void)printf("refused: %s\n", t->why.en);
    (void)printf("%s\n", plan.proved.en ? plan.proved.en : "no program was asked");
    root_close(root);
    return plan.refusals.n ? 2 : 0;
}
