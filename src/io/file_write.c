/* SPDX-License-Identifier: MIT */
#include "heed/file.h"

#include "base/fail.h"
#include "base/file.h"

heed_status heed_file_write(const char *path, const void *bytes, size_t size)
{
    heed__file_writer *writer = NULL;
    HEED_TRY(heed__file_create(path, &writer));
    heed_status status = heed__file_write(writer, bytes, size);
    if (status != HEED_OK)
        heed__file_abandon(&writer);
    else
        status = heed__file_finish(&writer);
    return status;
}
