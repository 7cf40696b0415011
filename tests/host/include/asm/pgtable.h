/* Page-table entries are words in memory: the real encodings, in tables in the fake RAM. */
#include "../../../../arch/x86_64/include/asm/pgtable.h"
