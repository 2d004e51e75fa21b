#include "cooee_node.h"

#include <algorithm>
#include <cstring>

#include <esp_attr.h>
#include <esp_rtc_time.h>
#include <esp_system.h>

#include "esphome/components/mqtt/mqtt_client.h"
#include "esphome/core/hal.h"
#include "esphome/core/log.h"

extern "C" {
#include "drivers/pyranometer.h"
#include "drivers/soil_probe.h"
#include "hal/sensors.h"
}

#ifndef COOEE_OUTBOX_FRAMES
#define COOEE_OUTBOX_FRAMES 64
#endif

namespace esphome {
namespace cooee {

static const char *const TAG = "cooee";

static const uint8_t ALARMS = 16;
static const uint32_t MEASURE_WITHIN_MS = 15000;  // a sensor that is silent for so long after a wake has failed
static const uint32_t CONNECT_WITHIN_MS = 30000;
static const uint32_t LISTEN_MS = 5000;  // beyond the gateway's disk: WiFi, broker
static const uint16_t RESEND_AFTER_S = 60;
static const uint16_t SUPPLY_MV = 3300;
static const uint32_t BOOTS_KEY = 0xC00EE001, SLOTS_KEY = 0xC00EE002, RING_KEY = 0xC00EE003, IMAGES_KEY = 0xC00EE010;

// What a node has learnt and not yet delivered. It lies in the RTC's memory, which deep sleep leaves alone and any other reset blanks.
struct Kept {
  bool running;
  uint32_t due_s;
  cooee_node node;
  cooee_probe probes[COOEE_CHANNEL_COUNT];
  cooee_alarm alarms[ALARMS];
  cooee_outbox_entry outbox[COOEE_OUTBOX_FRAMES];
  cooee_water water;
  cooee_successor successors[COOEE_NODE_SENTINELS];
  Slots slots;
  Ring ring;
};
RTC_DATA_ATTR static Kept kept;

static float scale_of(uint8_t channel) {
#define SCALE(name, scale) scale,
  static const float SCALES[] = {COOEE_CHANNEL_SCALE_TABLE(SCALE)};
#undef SCALE
  return SCALES[channel];
}

static uint8_t cause_of_reset() {
  switch (esp_reset_reason()) {
    case ESP_RST_BROWNOUT:
      return COOEE_RESET_BROWN_OUT;
    case ESP_RST_INT_WDT:
    case ESP_RST_TASK_WDT:
    case ESP_RST_WDT:
      return COOEE_RESET_WATCHDOG;
    case ESP_RST_EXT:
      return COOEE_RESET_BUTTON;
    case ESP_RST_SW:
    case ESP_RST_PANIC:
      return COOEE_RESET_PROGRAM;
    default:
      return COOEE_RESET_POWER;
  }
}

void CooeeNode::set_topics(const std::string &air, const std::string &answer) {
  this->air_ = air;
  this->answer_ = answer;
}

void CooeeNode::set_identity(uint16_t address, uint32_t incarnation, const std::vector<uint8_t> &key) {
  this->config_.address = address;
  this->start_.incarnation = incarnation;
  std::copy_n(key.begin(), std::min<size_t>(key.size(), COOEE_KEY_SIZE), this->start_.key);
}

void CooeeNode::set_site(int16_t field_capacity_e4, int16_t wilting_point_e4, int16_t saturation_e4,
                         int16_t depletion_fraction_e3) {
  this->config_.site.field_capacity_e4 = field_capacity_e4;
  this->config_.site.wilting_point_e4 = wilting_point_e4;
  this->config_.site.saturation_e4 = saturation_e4;
  this->config_.site.depletion_fraction_e3 = depletion_fraction_e3;
}

void CooeeNode::set_crop(uint16_t planted_on, int16_t planted_days, const std::array<uint8_t, 4> &stage_days,
                         const std::array<uint8_t, 3> &kcb_e2, const std::array<uint8_t, 2> &root_cm, uint8_t drainage_h) {
  this->config_.site.planted_on = planted_on;
  this->config_.site.planted_days = planted_days;
  std::copy(stage_days.begin(), stage_days.end(), this->config_.site.stage_days);
  std::copy(kcb_e2.begin(), kcb_e2.end(), this->config_.site.kcb_e2);
  std::copy(root_cm.begin(), root_cm.end(), this->config_.site.root_cm);
  this->config_.site.drainage_h = drainage_h;
}

void CooeeNode::add_channel(uint8_t channel, sensor::Sensor *sensor) {
  this->config_.channels |= 1U << channel;
  this->sources_.push_back(Source{channel, sensor, {}});
}

void CooeeNode::add_point(uint8_t channel, int16_t mv, int16_t raw) {
  for (Source &source : this->sources_) {
    if (source.channel == channel)
      source.points.push_back(cooee_point{mv, raw});
  }
}

void CooeeNode::setup() {
  this->config_.sentinels = this->sentinels_.data();
  this->config_.sentinel_count = this->sentinels_.size();
  this->config_.changes = this->policy_changes_.data();
  this->config_.change_count = this->policy_changes_.size();
  this->config_.telemetry_every = 1;
  this->config_.resend_after_s = RESEND_AFTER_S;
  const bool from_sleep = kept.running && esp_reset_reason() == ESP_RST_DEEPSLEEP;
  this->load_kept_(from_sleep);
  if (from_sleep) {
    kept.node.config = &this->config_;
    kept.node.hal = &this->hal_;
    kept.node.outbox.ring.memory = &this->ring_memory_;
    for (cooee_successor &successor : kept.successors)
      successor.slots.store = &this->store_;
  } else {
    kept.running = false;
    const cooee_node_memory memory{kept.probes,         kept.alarms, kept.outbox,
                                   COOEE_CHANNEL_COUNT, ALARMS,      COOEE_OUTBOX_FRAMES,
                                   &kept.water,         kept.successors};
    if (!this->count_boot_() || node_start(&kept.node, &this->config_, &memory, &this->hal_) != COOEE_STATUS_OK) {
      ESP_LOGE(TAG, "The node cannot start: its flash keeps nothing, or a sentinel lacks a channel");
      this->mark_failed();
      return;
    }
    this->save_kept_();  // a start on trial counts, whatever becomes of it
    kept.running = true;
  }
  for (Source &source : this->sources_) {
    Source *at = &source;
    source.sensor->add_on_state_callback([this, at](float value) { this->take_(*at, value); });
  }
  mqtt::global_mqtt_client->subscribe(
      this->answer_, [this](const std::string &, const std::string &frame) { this->hear_(frame); }, 1);
  this->enter_(Phase::MEASURING);
}

// The count must be on flash before anything is sealed with it.
bool CooeeNode::count_boot_() {
  Boots boots{};
  if (!this->boots_.load(&boots))
    boots.count = 0;
  if (boots.count >= UINT16_MAX)
    return false;
  boots.count++;
  this->start_.boot = boots.count;
  this->start_.reset = cause_of_reset();
  return this->boots_.save(&boots) && global_preferences->sync();
}

void CooeeNode::load_kept_(bool from_sleep) {
  this->boots_ = global_preferences->make_preference<Boots>(BOOTS_KEY, true);
  this->slots_ = global_preferences->make_preference<Slots>(SLOTS_KEY, true);
  if (!from_sleep && !this->slots_.load(&kept.slots))
    memset(&kept.slots, 0xFF, sizeof kept.slots);
  this->ring_ = global_preferences->make_preference<Ring>(RING_KEY, true);
  if (!from_sleep && !this->ring_.load(&kept.ring))
    memset(&kept.ring, 0xFF, sizeof kept.ring);
  for (uint8_t i = 0; i < IMAGE_SLOTS; i++) {
    this->image_slots_[i] = global_preferences->make_preference<ImageSlot>(IMAGES_KEY + i, true);
    if (!this->image_slots_[i].load(&this->images_[i]))
      memset(&this->images_[i], 0xFF, sizeof this->images_[i]);
  }
}

// Images before their heads, which say how much of them has come.
void CooeeNode::save_kept_() {
  if (this->ring_changed_ && this->ring_.save(&kept.ring) && global_preferences->sync())
    this->ring_changed_ = false;
  if (!this->slots_changed_)  // each change of an image is followed by one of its head
    return;
  bool saved = true;
  for (uint8_t i = 0; i < IMAGE_SLOTS; i++)
    saved = (!this->image_changed_[i] || this->image_slots_[i].save(&this->images_[i])) && saved;
  if (saved && this->slots_.save(&kept.slots) && global_preferences->sync()) {
    this->slots_changed_ = false;
    std::fill_n(this->image_changed_, IMAGE_SLOTS, false);
  }
}

void CooeeNode::take_(Source &source, float value) {
  source.newest = value;
  source.published++;
  if (!std::isnan(value)) {
    source.numbers++;
    source.sum += value;
    source.highest = std::max(source.highest, value);
  }
}

bool CooeeNode::all_published_() const {
  return std::all_of(this->sources_.begin(), this->sources_.end(), [](const Source &source) { return source.published > 0; });
}

// A mean wind, the strongest gust, all the rain since the last wake; of everything else the newest.
int16_t CooeeNode::raw_of_(const Source &source) const {
  if (std::isnan(source.newest))
    return COOEE_FAILED;
  if (!source.points.empty())
    return this->judged_(source);
  const float value = channel_accumulates(source.channel)              ? source.sum
                      : source.channel == COOEE_CHANNEL_WIND ? source.sum / source.numbers
                      : source.channel == COOEE_CHANNEL_GUST ? source.highest
                                                             : source.newest;
  const float raw = std::round(value / scale_of(source.channel));
  return std::fabs(raw) > INT16_MAX - 1 ? COOEE_FAILED : static_cast<int16_t>(raw);
}

static cooee_fault said_mv(void *context, uint8_t input, bool, uint16_t *mv) {
  *mv = input == COOEE_ADC_SUPPLY ? SUPPLY_MV : *static_cast<uint16_t *>(context);
  return COOEE_FAULT_NONE;
}

// The driver's judgement of a probe's or pyranometer's voltage; settings that came over the air have its newest points.
int16_t CooeeNode::judged_(const Source &source) const {
  cooee_point points[COOEE_POINTS_MAX];
  uint8_t count = settings_points(&this->store_, &kept.node.settings, source.channel, points);
  const cooee_curve calibration = count > 0
                                      ? cooee_curve{points, count}
                                      : cooee_curve{source.points.data(), static_cast<uint8_t>(source.points.size())};
  uint16_t mv = static_cast<uint16_t>(std::round(std::min(std::max(source.newest * 1000.0f, 0.0f), 5000.0f)));
  const cooee_adc adc{&mv, said_mv, [](void *, uint8_t, bool) {}, [](void *, uint16_t) {}};
  int16_t raw = 0;
  const cooee_soil_probe probe{calibration, 0, 0};
  const cooee_pyranometer pyranometer{calibration, 0};
  const cooee_fault fault = source.channel == COOEE_CHANNEL_SOLAR_RADIATION ? pyranometer_read(&pyranometer, &adc, &raw)
                                                                            : soil_probe_read(&probe, &adc, &raw);
  return sensor_raw(fault, raw);
}

void CooeeNode::measure_() {
  int16_t raw[COOEE_CHANNEL_COUNT];
  std::fill_n(raw, COOEE_CHANNEL_COUNT, COOEE_MISSING);
  for (Source &source : this->sources_) {
    raw[source.channel] = this->raw_of_(source);
    source.newest = NAN;
    source.sum = source.highest = 0;
    source.published = source.numbers = 0;
  }
  const uint32_t now = now_s(this);
  node_measure(&kept.node, now, raw);
  kept.due_s = now + kept.node.settings.wake_interval_s;
}

void CooeeNode::enter_(Phase phase) {
  this->phase_ = phase;
  this->phase_began_ms_ = millis();
  if (phase == Phase::DONE) {
    outbox_secure(&kept.node.outbox, kept.node.measured_s);
    this->save_kept_();
    this->done_.trigger();
  }
}

void CooeeNode::loop() {
  const uint32_t phase_ms = millis() - this->phase_began_ms_;
  switch (this->phase_) {
    case Phase::MEASURING:
      if (this->all_published_() || phase_ms >= MEASURE_WITHIN_MS) {
        this->measure_();
        this->enter_(Phase::CONNECTING);
      }
      break;
    case Phase::CONNECTING:
      if (mqtt::global_mqtt_client->is_connected())
        this->enter_(node_transmit(&kept.node) ? Phase::LISTENING : Phase::DONE);
      else if (phase_ms >= CONNECT_WITHIN_MS)
        this->enter_(Phase::DONE);
      break;
    case Phase::LISTENING:
      if (!outbox_waits(&kept.node.outbox) || phase_ms >= LISTEN_MS)
        this->enter_(Phase::DONE);
      break;
    case Phase::DONE:
      if (static_cast<int32_t>(now_s(this) - kept.due_s) >= 0)
        this->enter_(Phase::MEASURING);
      break;
  }
}

void CooeeNode::hear_(const std::string &frame) {
  if (node_receive(&kept.node, reinterpret_cast<const uint8_t *>(frame.data()), frame.size()) != COOEE_STATUS_OK)
    return;
  this->save_kept_();  // before the node says that it has it
  if (this->phase_ == Phase::LISTENING) {
    this->phase_began_ms_ = millis();
    node_transmit(&kept.node);
  }
}

uint32_t CooeeNode::sleep_ms() const {
  const int32_t left_s = static_cast<int32_t>(kept.due_s - now_s(nullptr));
  return left_s > 0 ? left_s * 1000 : 1;
}

void CooeeNode::dump_config() {
  ESP_LOGCONFIG(TAG, "Cooee node %u, incarnation %08x, boot %u, %u frames wait", this->config_.address,
                static_cast<unsigned>(this->start_.incarnation), kept.node.start.boot, kept.node.outbox.count);
}

// The RTC's timer goes on through deep sleep, and nobody sets it.
uint32_t CooeeNode::now_s(void *) { return esp_rtc_get_time_us() / 1000000; }

void CooeeNode::start(void *context, cooee_start *start) { *start = static_cast<CooeeNode *>(context)->start_; }

bool CooeeNode::send(void *context, const uint8_t *bytes, uint8_t length) {
  const std::string &topic = static_cast<CooeeNode *>(context)->air_;
  return mqtt::global_mqtt_client->publish(topic, reinterpret_cast<const char *>(bytes), length, 1, false);
}

void CooeeNode::load(void *context, uint16_t at, uint8_t *bytes, uint8_t count) {
  if (at < COOEE_STORE_SIZE) {
    memcpy(bytes, kept.slots.bytes + at, count);
    return;
  }
  const uint16_t within = at - COOEE_STORE_SIZE;
  const ImageSlot &slot = static_cast<CooeeNode *>(context)->images_[within / COOEE_IMAGE_ROOM];
  memcpy(bytes, slot.bytes + within % COOEE_IMAGE_ROOM, count);
}

void CooeeNode::save(void *context, uint16_t at, const uint8_t *bytes, uint8_t count) {
  auto *node = static_cast<CooeeNode *>(context);
  if (at < COOEE_STORE_SIZE) {
    memcpy(kept.slots.bytes + at, bytes, count);
    node->slots_changed_ = true;
    return;
  }
  const uint16_t within = at - COOEE_STORE_SIZE;
  const uint8_t slot = within / COOEE_IMAGE_ROOM;
  memcpy(node->images_[slot].bytes + within % COOEE_IMAGE_ROOM, bytes, count);
  node->image_changed_[slot] = true;
}

void CooeeNode::load_ring(void *, uint16_t at, uint8_t *bytes, uint8_t count) { memcpy(bytes, kept.ring.bytes + at, count); }

void CooeeNode::save_ring(void *context, uint16_t at, const uint8_t *bytes, uint8_t count) {
  memcpy(kept.ring.bytes + at, bytes, count);
  static_cast<CooeeNode *>(context)->ring_changed_ = true;
}

}  // namespace cooee
}  // namespace esphome
