/* What is not about x86 alone is the real one. */
#include "../../../../arch/x86_64/include/asm/calibrate.h"
