/*
 * gcov_dump.h - the counts of executed lines leave the machine (make coverage)
 */
#ifndef GCOV_DUMP_H
#define GCOV_DUMP_H

#ifdef QUIRE_GCOV
/* Send the counts of every file to QEMU's debug console.  Any context. */
void gcov_dump(void);
#else
static inline void gcov_dump(void) { }
#endif

#endif
