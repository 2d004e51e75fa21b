/* Frames through a LoRa modem on a board's serial line (docs/SPEC.md, "LoRa modem"). The modem sleeps but for a wake's frames and
 * their answers. It cannot hear while it sends, nor can the gateway's: one frame at a time, and the next when its answers have come. */
#ifdef NODE_LORA
#include "board.h"
#include "cooee/flash.h"
#include "drivers/lora_modem.h"
#include "hal/clock.h"
#include "hal/radio.h"
#include "node.h"

#define TEXT_OF(value) #value
#define TEXT(value) TEXT_OF(value)
#define COMMAND(name, text) static const char name[] COOEE_FLASH = text

/* The bytes that wake a modem are lost on it. */
#define WAKE_TRIES 6
#define WAKE_MS 150
#define OBEY_MS 1000
#define SEND_MS (1000 + NODE_LORA_AIR_MS)
/* A gateway puts a frame on disk before it answers; a modem may say +OK before the frame has left. */
#define LISTEN_MS (1000 + 2 * NODE_LORA_AIR_MS)
/* After a frame has come: whether the gateway has another. */
#define QUIET_MS (200 + NODE_LORA_AIR_MS)
#define HOUR_S 3600UL
#define FLASHES 3

COMMAND(wake_up, "AT+MODE=0");
COMMAND(go_to_sleep, "AT+MODE=1");
COMMAND(send_to_gateway, "AT+SEND=65535,");
COMMAND(end_of_line, "\r\n");
/* One after the other, each with its zero. The modem forgets its band with its power, and keeps the others in flash that wears. */
COMMAND(set_up, "AT+BAND=" TEXT(NODE_LORA_FREQUENCY_HZ) "\0"
                "AT+ADDRESS=" TEXT(NODE_ADDRESS) "\0"
                "AT+NETWORKID=" TEXT(NODE_LORA_NETWORK) "\0"
                "AT+PARAMETER=" TEXT(NODE_LORA_SPREADING_FACTOR) ",7,1,12\0"
                "AT+CRFOP=" TEXT(NODE_LORA_POWER_DBM) "\0");

static struct cooee_lora_modem modem;
static struct {
    bool awake, set_up, unanswered;
    uint32_t booked_s; /* until when the frames that were sent have used up the duty limit's pace */
} radio;

void radio_take(uint8_t byte)
{
    lora_modem_take(&modem, byte);
}

/* Returns what is behind the text's zero. */
static const char *say(const char *text)
{
    uint8_t letter;

    while ((letter = COOEE_READ_U8(text++)) != 0) {
        serial_put(letter);
    }
    return text;
}

/* Whether the modem has said it within the limit: an answer, or a frame. */
static bool await(const volatile uint8_t *what, uint16_t limit_ms)
{
    uint16_t began = time_ms();

    while (*what == 0) {
        if ((uint16_t)(time_ms() - began) >= limit_ms) {
            return false;
        }
        watchdog_feed();
        time_idle();
    }
    return true;
}

/* Ends a command; false when the modem refuses it or says nothing. */
static bool obeys(uint16_t limit_ms)
{
    modem.answer = COOEE_LORA_SILENT;
    say(end_of_line);
    return await(&modem.answer, limit_ms) && modem.answer == COOEE_LORA_OK;
}

static bool wake(void)
{
    const char *command = set_up;

    for (uint8_t tries = 0; !radio.awake && tries < WAKE_TRIES; tries++) {
        say(wake_up);
        radio.awake = obeys(WAKE_MS);
    }
    modem.frame = 0;
    bool obeyed = radio.awake;
    for (bool more = true; obeyed && more; more = !radio.set_up && COOEE_READ_U8(command) != 0) {
        command = say(command);
        obeyed = obeys(OBEY_MS);
    }
    radio.set_up = obeyed;
    return obeyed;
}

/* Half of the limit at once, and half spread over the hour, so that no hour has more than the whole. */
static bool may_send(void)
{
    uint32_t now_s = hal_clock_now_s(0);

    if (radio.booked_s < now_s) {
        radio.booked_s = now_s;
    }
    return radio.booked_s + NODE_LORA_PAUSE_S <= now_s + HOUR_S;
}

static bool transmit(const uint8_t *bytes, uint8_t length)
{
    uint8_t count = lora_modem_letter_count(length); /* two digits: a frame has 24 bytes or more */

    say(send_to_gateway);
    serial_put((uint8_t)('0' + count / 10));
    serial_put((uint8_t)('0' + count % 10));
    serial_put(',');
    for (uint8_t i = 0; i < count; i++) {
        serial_put(lora_modem_letter(bytes, length, i));
    }
    radio.booked_s += NODE_LORA_PAUSE_S;
    return obeys(SEND_MS);
}

/* A modem that is not there or refuses: the light flashes, and the modem is set up anew at the next wake. */
static void complain(void)
{
    radio.set_up = false;
    for (uint8_t i = 0; i < 2 * FLASHES; i++) {
        board_blink();
        time_wait_ms(0, 100);
    }
}

bool hal_radio_send(void *context, const uint8_t *bytes, uint8_t length)
{
    (void)context;
    if (radio.unanswered || !may_send() || (radio.awake && await(&modem.frame, QUIET_MS))) {
        return false;
    }
    radio.unanswered = (radio.awake || wake()) && transmit(bytes, length);
    if (!radio.unanswered) {
        complain();
    }
    return radio.unanswered;
}

uint8_t hal_radio_receive(void *context, uint8_t bytes[COOEE_FRAME_MAX])
{
    (void)context;
    if (!await(&modem.frame, LISTEN_MS)) {
        return 0;
    }
    uint8_t length = modem.frame;
    for (uint8_t i = 0; i < length; i++) {
        bytes[i] = modem.bytes[i];
    }
    modem.frame = 0;
    radio.unanswered = false;
    return length;
}

void radio_sleep(void)
{
    if (radio.awake) {
        say(go_to_sleep);
        obeys(WAKE_MS);
    }
    radio.awake = radio.unanswered = false;
}
#endif
