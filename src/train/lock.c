/* SPDX-License-Identifier: MIT */
/* Two trainings into one model would overwrite each other's state: the metrics file, which nothing
 * replaces, is locked while one runs. The system drops the lock with the process. */
#define _DEFAULT_SOURCE /* flock */
#include "base/fail.h"
#include "train/session.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

heed_status heed__session_lock(heed__session *s, int create)
{
    if (s->lock >= 0) return HEED_OK;
    int file = open(s->metrics_path, O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0666);
    if (file < 0 && !create) return HEED_OK; /* there is no such run, or it will be told later */
    if (file < 0)
        return heed__fail(HEED_E_IO, "%s: cannot be written: %s", s->metrics_path, strerror(errno));
    if (flock(file, LOCK_EX | LOCK_NB) == 0) {
        s->lock = file;
        return HEED_OK;
    }
    int taken = errno == EWOULDBLOCK;
    const char *why = strerror(errno);
    if (!taken)
        heed__log(s->context, HEED_LOG_WARNING,
                  "%s: cannot be locked (%s): start no other training of this model meanwhile",
                  s->metrics_path, why);
    close(file);
    if (!taken) return HEED_OK;
    return heed__fail(HEED_E_IO,
                      "%s: another training is writing this model; wait for it to end, stop it, or "
                      "name another file",
                      s->options->model_path);
}

void heed__session_unlock(heed__session *s)
{
    if (s->lock >= 0) close(s->lock);
    s->lock = -1;
}
