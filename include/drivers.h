/*
 * drivers.h - devices, brought up in order by start_kernel()
 */
#ifndef DRIVERS_H
#define DRIVERS_H

/* Consoles, terminals and the memory devices (null, zero ...). */
void drivers_init(void);

#endif
