/* SPDX-License-Identifier: MIT */
/* A row of fields as a record: text, labels, all fields by name. */
#ifndef HEED_DATA_RECORD_H
#define HEED_DATA_RECORD_H

#include "data/columns.h"

/* Memory of the record at hand. Starts from zero. */
typedef struct heed__record_room {
    heed_text texts[HEED_MOST_COLUMNS], labels[HEED_MOST_COLUMNS];
    char *bytes; /* the joined text, and labels that are not in one piece */
    size_t room;
    heed_field *fields;
    size_t field_room;
    int blank; /* texts may be blank */
    char problem[HEED_PROBLEM_SIZE];
} heed__record_room;

/* Sets text, labels and fields of the record; where the row cannot be one, *problem says why and
 * what to do (it points into room), else it is NULL. */
heed_status heed__record_make(const heed__columns *columns, const heed__format *format,
                              heed_read_kind kind, const heed__sample_row *row,
                              heed__record_room *room, heed_record *record, const char **problem);
void heed__record_room_free(heed__record_room *room);

#endif
