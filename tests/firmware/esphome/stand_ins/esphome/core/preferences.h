// Preferences as ESPHome has them: saved to memory, and to flash at sync. Flash is a file for each key.
#pragma once
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

namespace esphome {

class Preferences;

class ESPPreferenceObject {
 public:
  ESPPreferenceObject() = default;
  ESPPreferenceObject(Preferences *flash, uint32_t key) : flash_(flash), key_(key) {}
  template<typename T> bool save(const T *from);
  template<typename T> bool load(T *to);

 protected:
  Preferences *flash_{nullptr};
  uint32_t key_{0};
};

class Preferences {
 public:
  template<typename T> ESPPreferenceObject make_preference(uint32_t key, bool) { return {this, key}; }
  bool sync();

  std::string folder;
  bool broken{false};
  std::map<uint32_t, std::string> pending;
  std::string file(uint32_t key) const { return this->folder + "/" + std::to_string(key); }
};

inline bool Preferences::sync() {
  for (const auto &[key, bytes] : this->pending) {
    FILE *to = this->broken ? nullptr : std::fopen(this->file(key).c_str(), "wb");
    if (to == nullptr)
      return false;
    std::fwrite(bytes.data(), 1, bytes.size(), to);
    std::fclose(to);
  }
  this->pending.clear();
  return true;
}

template<typename T> bool ESPPreferenceObject::save(const T *from) {
  this->flash_->pending[this->key_] = std::string(reinterpret_cast<const char *>(from), sizeof(T));
  return true;
}

template<typename T> bool ESPPreferenceObject::load(T *to) {
  FILE *from = std::fopen(this->flash_->file(this->key_).c_str(), "rb");
  if (from == nullptr)
    return false;
  bool whole = std::fread(to, 1, sizeof(T), from) == sizeof(T);
  std::fclose(from);
  return whole;
}

extern Preferences *global_preferences;

}  // namespace esphome
