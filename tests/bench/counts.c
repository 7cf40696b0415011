#include "bench.h"
void counts(void) { }
