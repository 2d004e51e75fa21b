/* Why a sensor or its bus gave no value. */
#ifndef COOEE_HAL_FAULT_H
#define COOEE_HAL_FAULT_H

#define COOEE_FAULT_TABLE(X) \
    X(NONE, "no fault") \
    X(ABSENT, "nothing answers") \
    X(CRC, "the checksum does not match") \
    X(TIMEOUT, "no answer in time: the bus is held, or a conversion does not end") \
    X(OPEN, "the line is open: a cut or loose cable") \
    X(SHORT, "the line is shorted to ground or to the supply") \
    X(IMPLAUSIBLE, "the sensor says what cannot be") \
    X(WARMING_UP, "the sensor is warming up") \
    X(EXPIRED, "the sensor is past its life") \
    X(CALIBRATION, "the calibration is not valid")

enum cooee_fault {
#define COOEE_FAULT_ENUM(name, text) COOEE_FAULT_##name,
    COOEE_FAULT_TABLE(COOEE_FAULT_ENUM)
#undef COOEE_FAULT_ENUM
};

#endif
