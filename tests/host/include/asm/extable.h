/* What it says is the same everywhere. */
#include "../../../../arch/x86_64/include/asm/extable.h"
