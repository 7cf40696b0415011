/* What the tables say is the same everywhere. */
#include "../../../../arch/x86_64/include/asm/acpi.h"
