/* Why a sensor gave no value that can be true: what its driver found, and from SILENT on what the core did. The numbers travel on the
 * air (docs/SPEC.md): append, never renumber. */
#ifndef COOEE_FAULT_H
#define COOEE_FAULT_H

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
    X(CALIBRATION, "the calibration is not valid") \
    X(SILENT, "no reading for three wake intervals, or none ever") \
    X(RANGE, "the value is outside its plausible range") \
    X(STUCK, "the value has stood still for too long")

enum cooee_fault {
#define COOEE_FAULT_ENUM(name, text) COOEE_FAULT_##name,
    COOEE_FAULT_TABLE(COOEE_FAULT_ENUM)
#undef COOEE_FAULT_ENUM
};

#endif
