/* SPDX-License-Identifier: MIT */
/*
 * The thread pool. Workers sleep on a condition variable; a job is claimed task by task from an
 * atomic counter. Between jobs workers spin briefly, since a training step is thousands of small
 * jobs and a wake-up costs more than most of them.
 */
#define _GNU_SOURCE /* sched_getaffinity: the processors this process may use */
#include "base/fail.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum { MOST_THREADS = 1024, SPINS = 4000 };

typedef struct worker {
    heed_context *context;
    pthread_t thread;
    int index;
} worker;

struct heed_context {
    int threads;
    heed_precision precision;
    heed_log_function log;
    void *log_user;
    worker *workers; /* threads - 1 of them; the caller is thread 0 */
    int started;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    _Atomic uint64_t job; /* counts jobs; a worker waits for it to change */
    _Atomic int sleepers;
    _Atomic int stop;
    heed__task task;
    void *arg;
    int64_t count;
    _Atomic int64_t next;
    _Atomic int busy; /* workers that have not yet left the current job */
};

static _Thread_local int inside_task = -1; /* this thread's index while it runs a task */

static void run_tasks(heed_context *c, int thread)
{
    int64_t task;
    inside_task = thread;
    while ((task = atomic_fetch_add_explicit(&c->next, 1, memory_order_relaxed)) < c->count)
        c->task(c->arg, task, thread);
    inside_task = -1;
}

static void pause_briefly(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static int job_waits(heed_context *c, uint64_t seen)
{
    return atomic_load(&c->job) != seen || atomic_load(&c->stop);
}

static void await_job(heed_context *c, uint64_t seen)
{
    for (int i = 0; i < SPINS; i++) {
        if (job_waits(c, seen)) return;
        pause_briefly();
    }
    pthread_mutex_lock(&c->mutex);
    atomic_fetch_add(&c->sleepers, 1);
    while (!job_waits(c, seen)) pthread_cond_wait(&c->wake, &c->mutex);
    atomic_fetch_sub(&c->sleepers, 1);
    pthread_mutex_unlock(&c->mutex);
}

static void *worker_main(void *arg)
{
    worker *w = arg;
    heed_context *c = w->context;
    uint64_t seen = 0;
    for (;;) {
        await_job(c, seen);
        if (atomic_load(&c->stop)) return NULL;
        seen = atomic_load(&c->job);
        run_tasks(c, w->index);
        atomic_fetch_sub_explicit(&c->busy, 1, memory_order_release);
    }
}

static void wake_workers(heed_context *c)
{
    if (!atomic_load(&c->sleepers)) return;
    pthread_mutex_lock(&c->mutex);
    pthread_cond_broadcast(&c->wake);
    pthread_mutex_unlock(&c->mutex);
}

void heed__parallel(heed_context *c, int64_t count, heed__task task, void *arg)
{
    if (!c || c->started == 0 || count <= 1 || inside_task >= 0) {
        int thread = inside_task >= 0 ? inside_task : 0;
        for (int64_t i = 0; i < count; i++) task(arg, i, thread);
        return;
    }
    c->task = task;
    c->arg = arg;
    c->count = count;
    atomic_store(&c->next, 0);
    atomic_store(&c->busy, c->started);
    atomic_fetch_add(&c->job, 1);
    wake_workers(c);
    run_tasks(c, 0);
    for (int spins = 0; atomic_load_explicit(&c->busy, memory_order_acquire) > 0; spins++) {
        if (spins < SPINS)
            pause_briefly();
        else
            sched_yield();
    }
}

static int usable_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

static heed_status start_workers(heed_context *c)
{
    for (int i = 0; i < c->threads - 1; i++) {
        c->workers[i] = (worker){.context = c, .index = i + 1};
        if (pthread_create(&c->workers[i].thread, NULL, worker_main, &c->workers[i]) != 0)
            return heed__fail(HEED_E_NOMEM,
                              "thread %d of %d could not be started; ask for fewer threads", i + 2,
                              c->threads);
        c->started++;
    }
    return HEED_OK;
}

heed_status heed_context_create(const heed_context_options *options, heed_context **out)
{
    heed_context_options none = {0};
    heed_context *c = NULL;
    *out = NULL;
    if (!options) options = &none;
    int threads = options->threads ? options->threads : usable_processors();
    if (threads < 1 || threads > MOST_THREADS)
        return heed__fail(HEED_E_INVALID, "threads = %d; it must be 1 to %d, or 0 for all", threads,
                          MOST_THREADS);
    HEED_TRY(heed__alloc(1, sizeof *c, "a context", &c));
    c->threads = threads;
    c->log = options->log;
    c->log_user = options->log_user;
    pthread_mutex_init(&c->mutex, NULL);
    pthread_cond_init(&c->wake, NULL);
    heed_status status = heed__alloc((size_t)threads, sizeof(worker), "threads", &c->workers);
    if (status == HEED_OK) status = start_workers(c);
    if (status != HEED_OK) heed_context_destroy(&c);
    *out = c;
    return status;
}

void heed_context_destroy(heed_context **context)
{
    if (!context || !*context) return;
    heed_context *c = *context;
    pthread_mutex_lock(&c->mutex);
    atomic_store(&c->stop, 1);
    pthread_cond_broadcast(&c->wake);
    pthread_mutex_unlock(&c->mutex);
    for (int i = 0; i < c->started; i++) pthread_join(c->workers[i].thread, NULL);
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->mutex);
    heed__free(c->workers);
    heed__free(c);
    *context = NULL;
}

int heed_context_threads(const heed_context *context)
{
    return context ? context->threads : 1;
}

heed_status heed_context_set_precision(heed_context *context, heed_precision precision)
{
    if (precision != HEED_PRECISION_HIGHEST && precision != HEED_PRECISION_HIGH &&
        precision != HEED_PRECISION_MEDIUM)
        return heed__fail(HEED_E_INVALID,
                          "precision %d; it must be HEED_PRECISION_HIGHEST, _HIGH or _MEDIUM",
                          (int)precision);
    context->precision = precision;
    return HEED_OK;
}

heed_precision heed_context_precision(const heed_context *context)
{
    return context ? context->precision : HEED_PRECISION_HIGHEST;
}

void heed__log(heed_context *c, heed_log_level level, const char *format, ...)
{
    if (!c || !c->log) return;
    char line[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    c->log(c->log_user, level, line);
}
