/*
 * ioport.h - which driver works with which device memory
 */
#ifndef IOPORT_H
#define IOPORT_H

#include <types.h>

/*
 * A driver says that [start, start + size) is its device: /dev/mem does not give it to anybody
 * else.  Boot only.
 */
void request_mem_region(phys_addr_t start, phys_addr_t size);
/* Does a driver work with any byte of [start, start + size)? */
bool iomem_is_exclusive(phys_addr_t start, phys_addr_t size);

#endif
