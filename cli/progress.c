/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L /* isatty, fileno */
#include "cli/progress.h"

#include "heed/text_metrics.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const double terminal_every = 0.1, pipe_every = 10; /* seconds */

progress_line progress_start(int quiet)
{
    return (progress_line){quiet, isatty(fileno(stderr)), -1e9};
}

static void show_seconds(double seconds)
{
    if (!(seconds >= 0)) return;
    if (seconds < 100)
        fprintf(stderr, "  %.0f s left", seconds);
    else if (seconds < 6000)
        fprintf(stderr, "  %.0f min left", seconds / 60);
    else
        fprintf(stderr, "  %.1f h left", seconds / 3600);
}

static void show_line(const heed_progress *p)
{
    if (p->together) {
        fprintf(stderr, "the %d members together", p->together);
    } else {
        if (p->members > 1) fprintf(stderr, "member %d of %d  ", p->member, p->members);
        fprintf(stderr, "step %lld/%lld  epoch %lld", (long long)p->step, (long long)p->steps,
                (long long)p->epoch);
        if (p->loss == p->loss) fprintf(stderr, "  loss %.4f", p->loss);
    }
    if (p->valid_loss == p->valid_loss && strcmp(p->metric_name, "token_accuracy") == 0)
        fprintf(stderr, "  valid_loss %.4f (perplexity %.2f)", p->valid_loss,
                heed_perplexity(-p->valid_loss, 1));
    if (p->bleu == p->bleu) fprintf(stderr, "  bleu %.1f", p->bleu);
    if (p->metric == p->metric) fprintf(stderr, "  %s %.4f", p->metric_name, p->metric);
    if (p->best == p->best) fprintf(stderr, " (best %.4f)", p->best);
    if (p->step > 0 && p->tokens_per_second == p->tokens_per_second)
        fprintf(stderr, "  %.1f k tokens/s", p->tokens_per_second / 1000);
    fprintf(stderr, "  %.0f MB", (double)p->bytes / 1e6);
    show_seconds(p->seconds_left);
}

void progress_show(void *user, const heed_progress *p)
{
    progress_line *line = user;
    if (line->quiet || p->event == HEED_TRAIN_END) return;
    double every = line->terminal ? terminal_every : pipe_every;
    int step = p->event == HEED_TRAIN_STEP;
    if (step && p->seconds - line->shown < every) return;
    line->shown = p->seconds;
    if (p->event == HEED_TRAIN_START) {
        fprintf(stderr, "heed: %lld parameters, %.1f MB for training, %lld steps\n",
                (long long)p->parameters, (double)p->bytes / 1e6, (long long)p->steps);
        return;
    }
    if (line->terminal) fputs("\r\033[K", stderr);
    show_line(p);
    if (p->event == HEED_TRAIN_VALIDATE && p->better) fputs("  saved", stderr);
    if (!line->terminal || !step) fputc('\n', stderr);
    fflush(stderr);
}

void progress_end(const progress_line *line)
{
    if (!line->quiet && line->terminal) fputs("\r\033[K", stderr);
}
