/* An image in the place of a model. PLACE is where its bytes lie when they are read: FROM_FLASH, FROM_EEPROM or FROM_RAM; with CHECKED
 * its golden rows are run at the start. */
#include "images_tried.h"

#include <avr/eeprom.h>
#include <avr/pgmspace.h>

#include "image_bytes.h"
#include "image_models.h"

#define FROM_FLASH 1
#define FROM_EEPROM 2
#define FROM_RAM 3

#if PLACE == FROM_FLASH
static uint8_t byte_at(const void *context, uint16_t offset)
{
    (void)context;
    return pgm_read_byte(image_bytes + offset);
}

static void settle(void)
{
}
#elif PLACE == FROM_EEPROM
static uint8_t byte_at(const void *context, uint16_t offset)
{
    (void)context;
    return eeprom_read_byte((const uint8_t *)offset);
}

static void settle(void)
{
    for (uint16_t i = 0; i < sizeof image_bytes; i++) {
        eeprom_write_byte((uint8_t *)i, pgm_read_byte(image_bytes + i));
    }
}
#else
static uint8_t ram[sizeof image_bytes];

static uint8_t byte_at(const void *context, uint16_t offset)
{
    (void)context;
    return ram[offset];
}

static void settle(void)
{
    memcpy_P(ram, image_bytes, sizeof ram);
}
#endif

uint8_t image_predict(const int16_t row[])
{
    static struct cooee_image image;
    static uint8_t opened;
    uint8_t confidence;

    if (!opened) {
        opened = 1;
        settle();
        if (image_open(&image, byte_at, 0, sizeof image_bytes) != COOEE_STATUS_OK
            || (CHECKED && image_check(&image) != COOEE_STATUS_OK)) {
            return 254;
        }
    }
    return image_classify(&image, row, &confidence);
}
