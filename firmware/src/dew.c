#include "dew.h"

#include "cooee/flash.h"

/* Natural logarithms below are times 3000. */
#define LN_2 2079
#define LN_8192_OVER_10000 (-598)
#define COLDEST_E2 (-8000)
#define STEP_E2 200

/* ln of the saturation vapour pressure in Pa, FAO-56 eq. 11: ln 610.8 + 17.27 T / (T + 237.3), T = -80, -78 .. 60 degC. */
static const int16_t ln_pressure[] COOEE_FLASH = {
    -7105, -6124, -5167, -4234, -3323, -2434, -1565, -718, 111, 920, 1711, 2485, 3241, 3981, 4705, 5414, 6107,
    6786, 7451, 8102, 8741, 9366, 9979, 10580, 11169, 11746, 12313, 12869, 13415, 13950, 14476, 14992, 15498,
    15996, 16485, 16965, 17437, 17900, 18356, 18804, 19244, 19677, 20103, 20522, 20934, 21339, 21738, 22131,
    22517, 22897, 23272, 23640, 24003, 24360, 24712, 25059, 25401, 25737, 26069, 26396, 26718, 27035, 27348,
    27657, 27961, 28261, 28557, 28849, 29136, 29420, 29700,
};

/* ln(1 + i / 16), i = 0 .. 16. */
static const int16_t ln_mantissa[] COOEE_FLASH = {
    0, 182, 353, 516, 669, 816, 955, 1089, 1216, 1339, 1457, 1570, 1679, 1784, 1886, 1984, 2079,
};

static COOEE_SHARED int16_t interpolate(const int16_t *table, uint8_t index, int16_t part, int16_t whole)
{
    int16_t left = COOEE_READ_I16(&table[index]);
    int16_t right = COOEE_READ_I16(&table[index + 1]);
    return (int16_t)(left + (int32_t)(right - left) * part / whole);
}

/* ln(humidity / 100 %), humidity 1..9999 in 0.01 %. */
static int16_t ln_humidity(int16_t humidity_e2)
{
    uint16_t mantissa = (uint16_t)humidity_e2;
    int16_t logarithm = LN_8192_OVER_10000;

    for (; mantissa < 8192; mantissa = (uint16_t)(mantissa * 2)) {
        logarithm = (int16_t)(logarithm - LN_2);
    }
    mantissa = (uint16_t)(mantissa - 8192);
    return (int16_t)(logarithm + interpolate(ln_mantissa, (uint8_t)(mantissa / 512), (int16_t)(mantissa % 512), 512));
}

int16_t dew_point_e2(int16_t temperature_e2, int16_t humidity_e2)
{
    if (humidity_e2 >= 10000) {
        return temperature_e2;
    }
    int16_t above = (int16_t)(temperature_e2 - COLDEST_E2);
    uint8_t index = (uint8_t)(above >= 140 * 100 ? 69 : above / STEP_E2);
    int16_t wanted = (int16_t)(interpolate(ln_pressure, index, (int16_t)(above - index * STEP_E2), STEP_E2) + ln_humidity(humidity_e2));

    while (index > 0 && COOEE_READ_I16(&ln_pressure[index]) > wanted) {
        index--;
    }
    int16_t left = COOEE_READ_I16(&ln_pressure[index]);
    int16_t right = COOEE_READ_I16(&ln_pressure[index + 1]);
    return (int16_t)(COLDEST_E2 + index * STEP_E2 + (int32_t)(wanted - left) * STEP_E2 / (right - left));
}
