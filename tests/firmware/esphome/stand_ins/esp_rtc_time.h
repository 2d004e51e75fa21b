#pragma once
#include <cstdint>
uint64_t esp_rtc_get_time_us();
