#pragma once
#include <cstdio>

#define ESP_LOGE(tag, ...) (std::fprintf(stderr, "%s: ", tag), std::fprintf(stderr, __VA_ARGS__), std::fputc('\n', stderr))
#define ESP_LOGCONFIG ESP_LOGE
