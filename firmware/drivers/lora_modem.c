#include "drivers/lora_modem.h"

#define BYTES(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))
#define RECEIVED BYTES('R', 'C', 'V', '=')
#define REFUSED BYTES('+', 'E', 'R', 'R')
#define OK BYTES(0, '+', 'O', 'K')
#define LAST_THREE 0xFFFFFFUL
/* Of a line +RCV=<address>,<length>,<letters>,<RSSI>,<SNR>: those up to the letters, counted down. */
#define FIELDS 3
#define NO_LETTER 64

static uint8_t value_of(uint8_t letter)
{
    uint8_t value;

    if ((value = (uint8_t)(letter - 'A')) < 26) {
        return value;
    }
    if ((value = (uint8_t)(letter - 'a')) < 26) {
        return (uint8_t)(value + 26);
    }
    if ((value = (uint8_t)(letter - '0')) < 10) {
        return (uint8_t)(value + 52);
    }
    return letter == '+' ? 62 : letter == '/' ? 63 : NO_LETTER;
}

/* What cannot be a frame ends the line. */
static void take_letter(struct cooee_lora_modem *modem, uint8_t letter)
{
    uint8_t value = value_of(letter);

    modem->window = (uint16_t)(modem->window << 6 | value);
    modem->bits = (uint8_t)(modem->bits + 6);
    if (value == NO_LETTER || (modem->bits >= 8 && modem->length == COOEE_FRAME_MAX)) {
        modem->fields = 0;
    } else if (modem->bits >= 8) {
        modem->bits = (uint8_t)(modem->bits - 8);
        modem->bytes[modem->length++] = (uint8_t)(modem->window >> modem->bits);
    }
}

static void take_field(struct cooee_lora_modem *modem, uint8_t byte)
{
    if (byte == ',') {
        modem->fields--;
        if (modem->fields == 0 && modem->frame == 0) {
            modem->frame = modem->length;
        }
    } else if (byte < ' ') {
        modem->fields = 0;
    } else if (modem->fields == 1 && modem->frame == 0 && byte != '=') {
        take_letter(modem, byte);
    }
}

void lora_modem_take(struct cooee_lora_modem *modem, uint8_t byte)
{
    modem->last = modem->last << 8 | byte;
    if (modem->last == RECEIVED) {
        modem->fields = FIELDS;
        modem->length = modem->bits = 0;
    } else if (modem->fields > 0) {
        take_field(modem, byte);
    } else if ((modem->last & LAST_THREE) == OK) {
        modem->answer = COOEE_LORA_OK;
    } else if (modem->last == REFUSED) {
        modem->answer = COOEE_LORA_REFUSED;
    }
}

uint8_t lora_modem_letter_count(uint8_t length)
{
    return (uint8_t)((length + 2) / 3 * 4);
}

uint8_t lora_modem_letter(const uint8_t *frame, uint8_t length, uint8_t index)
{
    uint16_t bit = (uint16_t)(6 * index);
    uint8_t at = (uint8_t)(bit / 8);

    if (at >= length) {
        return '=';
    }
    uint16_t pair = (uint16_t)(frame[at] << 8 | (at + 1 < length ? frame[at + 1] : 0));
    uint8_t value = (uint8_t)(pair >> (10 - bit % 8) & 63);
    if (value < 52) {
        return (uint8_t)(value < 26 ? 'A' + value : 'a' + value - 26);
    }
    return (uint8_t)(value < 62 ? '0' + value - 52 : value == 62 ? '+' : '/');
}
