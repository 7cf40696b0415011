#include "bench.h"
void curves(const char *which) { }
