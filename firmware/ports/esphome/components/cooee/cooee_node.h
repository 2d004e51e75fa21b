// A node on an ESP32: ESPHome's sensors in, frames over MQTT out.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "esphome/components/sensor/sensor.h"
#include "esphome/core/automation.h"
#include "esphome/core/component.h"
#include "esphome/core/preferences.h"

#include "cooee.h"
extern "C" {
#include "sentinels.h"
}

namespace esphome {
namespace cooee {

// What outlives any reset: how often the board has started, as whatever incarnation, so that no boot comes twice under a key.
struct Boots {
  uint32_t count;
};

struct Slots {
  uint8_t bytes[COOEE_STORE_SIZE];
};

struct Ring {
  uint8_t bytes[COOEE_RING_SLOTS_MAX * COOEE_RING_SLOT];
};

static const uint8_t IMAGE_SLOTS = 2 * COOEE_NODE_SENTINELS;

// An image of a sentinel that came over the air, which runs from RAM.
struct ImageSlot {
  uint8_t bytes[COOEE_IMAGE_ROOM];
};

// One channel, its sensor, and what that has published since the last wake.
struct Source {
  uint8_t channel;
  sensor::Sensor *sensor;
  std::vector<cooee_point> points;  // of a soil probe, whose sensor says volts
  float newest{NAN}, sum{0}, highest{0};
  uint32_t published{0}, numbers{0};
};

// Each wake: waits until every sensor has published, hands the readings to the core, sends what waits, listens for answers, and
// says that it is done, for deep sleep. Without deep sleep the next wake comes when it is due.
class CooeeNode : public Component {
 public:
  void set_topics(const std::string &air, const std::string &answer);
  void set_identity(uint16_t address, uint32_t incarnation, const std::vector<uint8_t> &key);
  void set_wake_interval(uint16_t seconds) { this->config_.wake_interval_s = seconds; }
  void set_site(int16_t field_capacity_e4, int16_t wilting_point_e4, int16_t saturation_e4, int16_t depletion_fraction_e3);
  void set_crop(uint16_t planted_on, int16_t planted_days, const std::array<uint8_t, 4> &stage_days,
                const std::array<uint8_t, 3> &kcb_e2, const std::array<uint8_t, 2> &root_cm, uint8_t drainage_h);
  void add_sentinel(const cooee_sentinel *sentinel) { this->sentinels_.push_back(sentinel); }
  void add_policy_change(uint16_t value, uint8_t sentinel, uint8_t class_id, uint8_t field) {
    this->policy_changes_.push_back(cooee_policy_change{value, sentinel, class_id, field});
  }
  void add_channel(uint8_t channel, sensor::Sensor *sensor);
  void add_point(uint8_t channel, int16_t mv, int16_t raw);
  Trigger<> *get_done_trigger() { return &this->done_; }

  void setup() override;
  void loop() override;
  void dump_config() override;
  // Behind all sensors and MQTT.
  float get_setup_priority() const override { return setup_priority::LATE; }

  // Until the next wake is due: how long to sleep.
  uint32_t sleep_ms() const;

 protected:
  enum class Phase { MEASURING, CONNECTING, LISTENING, DONE };

  bool count_boot_();
  void load_kept_(bool from_sleep);
  void save_kept_();
  void take_(Source &source, float value);
  bool all_published_() const;
  int16_t raw_of_(const Source &source) const;
  int16_t judged_(const Source &source) const;
  void measure_();
  void enter_(Phase phase);
  void hear_(const std::string &frame);

  static uint32_t now_s(void *context);
  static void start(void *context, cooee_start *start);
  static bool send(void *context, const uint8_t *bytes, uint8_t length);
  static void load(void *context, uint16_t at, uint8_t *bytes, uint8_t count);
  static void save(void *context, uint16_t at, const uint8_t *bytes, uint8_t count);
  static void load_ring(void *context, uint16_t at, uint8_t *bytes, uint8_t count);
  static void save_ring(void *context, uint16_t at, const uint8_t *bytes, uint8_t count);

  std::string air_, answer_;
  std::vector<const cooee_sentinel *> sentinels_;
  std::vector<cooee_policy_change> policy_changes_;
  std::vector<Source> sources_;
  cooee_node_config config_{};
  cooee_store store_{this, load, save};
  cooee_ring_memory ring_memory_{{this, load_ring, save_ring}, COOEE_RING_SLOTS_MAX};
  cooee_hal hal_{this, now_s, start, nullptr, send, nullptr, &store_, &ring_memory_};
  cooee_start start_{};
  std::array<ImageSlot, IMAGE_SLOTS> images_{};
  ESPPreferenceObject boots_, slots_, ring_, image_slots_[IMAGE_SLOTS];
  Trigger<> done_;
  Phase phase_{Phase::MEASURING};
  uint32_t phase_began_ms_{0};
  bool slots_changed_{false}, ring_changed_{false}, image_changed_[IMAGE_SLOTS]{};
};

}  // namespace cooee
}  // namespace esphome
