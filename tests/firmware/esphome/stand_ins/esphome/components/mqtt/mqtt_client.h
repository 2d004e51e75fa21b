#pragma once
#include <cstdint>
#include <functional>
#include <string>

namespace esphome {
namespace mqtt {

using mqtt_callback_t = std::function<void(const std::string &, const std::string &)>;

class MQTTClientComponent {
 public:
  bool is_connected() const { return this->connected; }
  bool publish(const std::string &topic, const char *payload, size_t length, uint8_t qos, bool retain);
  void subscribe(const std::string &topic, mqtt_callback_t callback, uint8_t qos) {
    this->topic = topic;
    this->callback = std::move(callback);
    this->qos = qos;
  }

  bool connected{false};
  std::string topic;
  mqtt_callback_t callback;
  uint8_t qos{0};
};

extern MQTTClientComponent *global_mqtt_client;

}  // namespace mqtt
}  // namespace esphome
