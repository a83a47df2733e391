#include <errno.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/commands.h"
#include "cli/image_batch.h"
#include "cli/session.h"
#include "format/yaml.h"
#include "root/own.h"
#include "root/own_store.h"
#include "root/workdir.h"

enum { MEMORY_EACH_MIB = 256, MOST_JOBS = 64 };

struct jobs {
    struct image_job *v;
    size_t n, cap;
};

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* "4G", "512M", bytes without a letter. */
static int read_size(const char *text, uint64_t *ret)
{
    static const char units[] = "KMGT";
    struct str s = str_of(text);
    unsigned shift = 0;
    int64_t n;
    const char *unit = s.n ? strchr(units, s.p[s.n - 1]) : NULL;
    if (unit && *unit) {
        shift = 10 * (unsigned)(unit - units + 1);
        s.n--;
    }
    if (str_to_int64(s, 10, &n) < 0 || n <= 0 || n > INT64_MAX >> shift)
        return -EINVAL;
    *ret = (uint64_t)n << shift;
    return 0;
}

static int read_epoch(const struct invocation *i, int64_t *ret)
{
    const char *text = getenv("SOURCE_DATE_EPOCH");
    *ret = TREE_NO_EPOCH;
    if (!text || !*text)
        return 0;
    if (str_to_int64(str_of(text), 10, ret) == 0 && *ret >= 0)
        return 0;
    return complain(
        i, EXIT_USAGE,
        TEXT("SOURCE_DATE_EPOCH must be a number of seconds", "SOURCE_DATE_EPOCH 必须是秒数"));
}

/* A slash at its end does not belong to the name. */
static const char *trimmed(struct arena *a, const char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    return arena_strndup(a, path, n);
}

static bool is_below(struct arena *a, const char *path, const char *directory)
{
    const char *whole;
    if (own_absolute(a, directory, &whole, NULL) < 0)
        return false;
    size_t n = strlen(whole);
    return cstr_starts(path, whole) && (path[n] == 0 || path[n] == '/' || n == 1);
}

struct wish {
    const char *from, *to, *format, *size;
    bool seal;
};

static int add_job(struct invocation *i, const struct wish *w, struct jobs *jobs)
{
    struct arena *a = i->arena;
    struct err e = {.arena = a};
    struct image_job job = {.invocation = i, .worker = {-1, -1, -1}};
    struct build_request *q = &job.request;
    struct timespec now;
    q->from = trimmed(a, w->from);
    q->to = trimmed(a, w->to);
    q->seal = w->seal;
    if (media_kind_from_name(w->format, q->to, &q->to_kind) < 0)
        return complain(i, EXIT_USAGE,
                        text_make(a, "unknown format \"%s\": dir, tar, raw or qcow2",
                                  "未知格式“%s”：可用 dir、tar、raw、qcow2", w->format));
    if (w->size && read_size(w->size, &q->size) < 0)
        return complain(
            i, EXIT_USAGE,
            text_make(a, "\"%s\" is no size like 4G", "“%s”不是 4G 这样的大小", w->size));
    if (media_kind_of(q->from, &q->from_kind, &e) < 0)
        return complain(i, EXIT_ERROR, e.message);
    const char *names[] = {q->to, arena_printf(a, "%s" BUILD_MANIFEST, q->to),
                           arena_printf(a, "%s" BUILD_MANIFEST STATEMENT_SUFFIX, q->to)};
    job.to_directory = media_directory(a, q->to);
    if (!job.to_directory)
        return complain(i, EXIT_ERROR,
                        text_make(a, "there is no directory for %s", "%s 所在的目录不存在", q->to));
    workdir_clean(job.to_directory);
    for (size_t k = 0; k < ARRAY_SIZE(names); k++)
        if (media_exists(names[k]))
            return complain(i, EXIT_ERROR,
                            text_make(a, "%s is there already", "%s 已存在", names[k]));
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (q->from_kind == MEDIA_DIRECTORY && is_below(a, job.to_directory, q->from))
        return complain(i, EXIT_ERROR,
                        text_make(a, "%s lies inside of %s: it would be copied into itself",
                                  "%s 位于 %s 内部：会把自身复制进去", q->to, q->from));
    job.published[0] = file_name(names[1]);
    job.published[1] = file_name(names[2]);
    job.published[2] = file_name(q->to);
    job.work_name = arena_printf(a, WORKDIR_PREFIX "%d-%zu-%lx", (int)getpid(), jobs->n,
                                 (unsigned long)now.tv_nsec);
    q->work = arena_printf(a, "%s/%s", job.to_directory, job.work_name);
    vec_push(a, jobs, job);
    return 0;
}

/* ---- which images ---- */

static int jobs_of_options(struct invocation *i, struct jobs *jobs)
{
    struct arena *a = i->arena;
    const char *to = i->options[OPTION_TO], *format = i->options[OPTION_FORMAT];
    bool several = i->from.n > 1;
    if (!to || !i->from.n)
        return complain(i, EXIT_USAGE,
                        TEXT("say --from IN and --to OUT, or --batch FILE",
                             "需要 --from 输入 和 --to 输出，或 --batch 文件"));
    if (several && !own_is_directory(to))
        return complain(i, EXIT_USAGE,
                        TEXT("with several --from, --to must be a directory",
                             "有多个 --from 时 --to 必须是已有目录"));
    for (size_t k = 0; k < i->from.n; k++) {
        const char *name = file_name(trimmed(a, i->from.v[k]));
        if (several && format) { /* web.qcow2 as tar: web.tar */
            const char *dot = strrchr(name, '.');
            name = arena_printf(a, "%.*s%s%s", dot ? (int)(dot - name) : (int)strlen(name), name,
                                cstr_eq(format, "dir") ? "" : ".",
                                cstr_eq(format, "dir") ? "" : format);
        }
        const struct wish w = {i->from.v[k], several ? arena_printf(a, "%s/%s", to, name) : to,
                               format, i->options[OPTION_SIZE], i->options[OPTION_SEAL] != NULL};
        int r = add_job(i, &w, jobs);
        if (r)
            return r;
    }
    return 0;
}

static const char *member(const struct yaml_value *map, const char *key)
{
    const struct yaml_value *v = yaml_member(map, key);
    return v && v->kind == YAML_TEXT ? v->text : NULL;
}

static void check_entry(const struct yaml_value *entry, const char *path, struct problems *p)
{
    static const char *const keys[] = {"from", "to", "format", "size", "seal"};
    struct strings known = {0};
    for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
        strings_add(p->arena, &known, keys[k]);
    if (entry->kind != YAML_MAP || !member(entry, "from") || !member(entry, "to"))
        problems_add(p, path, entry->line, entry->column, "an image needs from and to",
                     "每个镜像都需要 from 和 to");
    vec_each (v, &entry->items)
        if (entry->kind == YAML_MAP &&
            (strings_find(&known, v->key->text) < 0 || v->kind != YAML_TEXT))
            problems_add(p, path, v->line, v->column,
                         "not known here: %s (an image has from, to, format, size, seal)",
                         "此处不识别：%s（可用 from、to、format、size、seal）", v->key->text);
}

static int jobs_of_list(struct invocation *i, struct jobs *jobs)
{
    const char *path = i->options[OPTION_BATCH];
    struct err e = {.arena = i->arena};
    struct problems problems = {.arena = i->arena};
    const struct yaml_value *list;
    struct str bytes;
    if (own_read(i->arena, path, &bytes, &e) < 0)
        return complain(i, EXIT_ERROR, e.message);
    if (yaml_read(i->arena, path, bytes, &list, &problems) == 0) {
        if (list->kind != YAML_LIST || !list->items.n)
            problems_add(&problems, path, list->line, list->column, "expected a list of images",
                         "应为镜像列表");
        else
            vec_each (entry, &list->items)
                check_entry(entry, path, &problems);
    }
    if (problems.n) {
        for (size_t k = 0; k < problems.n; k++)
            (void)complain(i, 0,
                           text_make(i->arena, "%s:%u: %s", "%s:%u：%s", path, problems.v[k].line,
                                     text_in(problems.v[k].message, i->lang)));
        return EXIT_ERROR;
    }
    int r = 0;
    vec_each (entry, &list->items) {
        const char *from = member(entry, "from"), *to = member(entry, "to");
        const char *seal = member(entry, "seal");
        if (!from || !to)
            continue; /* check_entry() would have said so */
        const struct wish w = {from, to, member(entry, "format"), member(entry, "size"),
                               seal ? cstr_eq(seal, "true") || cstr_eq(seal, "yes")
                                    : i->options[OPTION_SEAL] != NULL};
        if (!r)
            r = add_job(i, &w, jobs);
    }
    return r;
}

/* ---- how many at once ---- */

static int jobs_at_once(const struct invocation *i, unsigned *ret)
{
    struct sysinfo info;
    int64_t n = sysconf(_SC_NPROCESSORS_ONLN);
    if (i->options[OPTION_JOBS]) {
        if (str_to_int64(str_of(i->options[OPTION_JOBS]), 10, &n) < 0 || n < 1 || n > MOST_JOBS)
            return complain(i, EXIT_USAGE,
                            TEXT("--jobs needs a number from 1 to 64", "--jobs 应为 1 到 64 的数"));
    } else if (sysinfo(&info) == 0) {
        int64_t room = (int64_t)((info.freeram + info.bufferram) * info.mem_unit >> 20);
        n = room / MEMORY_EACH_MIB < n ? room / MEMORY_EACH_MIB : n;
    }
    *ret = n < 1 ? 1 : (unsigned)n;
    return 0;
}

static int read_key(const struct invocation *i, struct sign_key **ret)
{
    struct err e = {.arena = i->arena};
    const char *path = i->options[OPTION_SIGN];
    *ret = NULL;
    return path && sign_key_read(i->arena, path, ret, &e) < 0 ? complain(i, EXIT_ERROR, e.message)
                                                              : 0;
}

static int read_mirror(const struct invocation *i, struct gate *ret)
{
    const char *url = i->options[OPTION_MIRROR];
    if (!url)
        return 0;
    if (!i->options[OPTION_PACKAGES])
        return complain(i, EXIT_USAGE,
                        TEXT("--mirror needs --packages", "--mirror 需与 --packages 同用"));
    if (strpbrk(url, " \t\r\n") || gate_allow(i->arena, ret, url) < 0)
        return complain(i, EXIT_USAGE,
                        text_make(i->arena, "\"%s\" is no http or https URL",
                                  "“%s”不是 http 或 https 网址", url));
    return 0;
}

static int image(struct invocation *i)
{
    if (i->options[OPTION_VERIFY])
        return image_verify(i, trimmed(i->arena, i->options[OPTION_VERIFY]));
    _cleanup_key_ struct sign_key *key = NULL;
    struct policy *policy;
    struct selection selection = {0};
    struct jobs jobs = {0};
    unsigned at_once = 1;
    int64_t epoch = TREE_NO_EPOCH;
    struct gate gate = {0};
    int r = session_policy(i, &policy);
    if (!r)
        r = session_select(i, policy, &selection);
    if (!r)
        r = read_epoch(i, &epoch);
    if (!r)
        r = read_key(i, &key);
    if (!r)
        r = read_mirror(i, &gate);
    if (!r)
        r = jobs_at_once(i, &at_once);
    if (!r)
        r = i->options[OPTION_BATCH] ? jobs_of_list(i, &jobs) : jobs_of_options(i, &jobs);
    if (r)
        return r;
    struct host_options host = {
        .no_walk = i->options[OPTION_NO_WALK] != NULL, .data = policy_data, .data_context = policy};
    /* Nothing of the image is run, so no package is installed; what this machine settled by waivers
     * and evidence is no paper of the image. */
    struct plan_options plan = {.allow = {[CLASS_IMAGE] = true}, .packages = PACKAGES_NO};
    for (size_t k = 0; k < selection.n; k++)
        strings_add(i->arena, &plan.named, selection.v[k]->id);
    for (size_t k = 0; k < jobs.n; k++) {
        struct build_request *q = &jobs.v[k].request;
        q->arena = i->arena;
        q->epoch = epoch;
        q->key = key;
        q->packages = i->options[OPTION_PACKAGES] != NULL;
        q->mirror = i->options[OPTION_MIRROR];
        jobs.v[k].gate = q->packages ? &gate : NULL;
        q->policy = policy;
        q->selection = &selection;
        q->plan = &plan;
        q->host = &host;
        q->self = "/proc/self/exe";
    }
    return image_batch_run(i, jobs.v, jobs.n, at_once);
}

const struct command command_image = {
    .name = "image",
    .arguments = "[RULE|ITEM…] --from IN --to OUT",
    .summary = {"build a hardened image from an image", "由镜像制作加固后的镜像"},
    .about =
        {"Copies a root directory, a tar of one, or a raw or qcow2 disk image, makes the rules "
         "pass that are safe when an image is built, and writes OUT and OUT.manifest.json. IN "
         "is only read; nothing in it is executed; OUT appears when it is complete or not at "
         "all. What OUT is follows from its name (.tar, .raw, .img, .qcow2, else a directory) "
         "or --format.",
         "复制根目录、根目录的 tar 或 raw、qcow2 磁盘镜像，使制作镜像时即可安全执行的规则通过，"
         "写出 OUT 和 OUT.manifest.json。输入只读，其中的任何程序都不会执行；OUT "
         "只在完成后出现。输出种类取决于名称（.tar、.raw、.img、.qcow2，其余为目录）或 "
         "--format。"},
    .set = COMMAND_IMAGE,
    .run = image,
};
