/*
 * termios.h - terminal modes
 */
#ifndef _TERMIOS_H
#define _TERMIOS_H

#include <sys/ioctl.h>
#include <sys/types.h>
#include <uapi/termios.h>

int tcgetattr(int fd, struct termios *t);
int tcsetattr(int fd, int when, const struct termios *t);
void cfmakeraw(struct termios *t);

#endif
