/* What main.c and the parts of this board share. */
#ifndef COOEE_BOARD_H
#define COOEE_BOARD_H

#ifndef F_CPU
#define F_CPU 16000000UL
#endif

void board_radio_start(void);

#endif
