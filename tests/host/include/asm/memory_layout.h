/* The address-space constants are the real ones; the host only moves the direct map (page.h). */
#include "../../../../arch/x86_64/include/asm/memory_layout.h"
