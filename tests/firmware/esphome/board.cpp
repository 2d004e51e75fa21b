// An ESP32 of stand-ins, told by lines what happens to it:
//   board FOLDER ADDRESS INCARNATION KEY FARM NODE WAKE_S [soil] [CHANNEL[=mV:e4,mV:e4...]]... (`soil`: its sentinel)
// `power` or `sleep` (it wakes from deep sleep), `broken` (flash takes nothing), `broker 0|1`, `sensor CHANNEL VALUE`, `run MS`, `pass MS` (asleep),
// `answer HEX`. It says `air TOPIC HEX` for what it publishes, `done MS` when it would sleep for so long, `failed`, and `ok` after
// every line. A power cut is the end of the process; what it kept on flash is in the folder.
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <vector>

#include <esp_rtc_time.h>
#include <esp_system.h>

#include "cooee_node.h"
#include "esphome/components/mqtt/mqtt_client.h"
#include "esphome/core/hal.h"

using namespace esphome;

static uint64_t now_ms;
static esp_reset_reason_t reason;
static Preferences flash;
static mqtt::MQTTClientComponent client;

Preferences *esphome::global_preferences = &flash;
mqtt::MQTTClientComponent *mqtt::global_mqtt_client = &client;
uint32_t esphome::millis() { return now_ms; }
uint64_t esp_rtc_get_time_us() { return now_ms * 1000; }
esp_reset_reason_t esp_reset_reason() { return reason; }

bool mqtt::MQTTClientComponent::publish(const std::string &topic, const char *payload, size_t length, uint8_t qos, bool retain) {
  if (!this->connected || qos != 1 || retain)
    return false;
  std::cout << "air " << topic << " ";
  for (size_t i = 0; i < length; i++) {
    const char *digits = "0123456789abcdef";
    std::cout << digits[(payload[i] >> 4) & 15] << digits[payload[i] & 15];
  }
  std::cout << "\n";
  return true;
}

static std::vector<uint8_t> bytes_of(const std::string &hex) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

struct Board {
  cooee::CooeeNode node;
  std::map<int, sensor::Sensor> sensors;
};

static std::unique_ptr<Board> booted(char **words, int count) {
  auto board = std::make_unique<Board>();
  cooee::CooeeNode &node = board->node;
  const std::string topic = std::string("cooee/") + words[5] + "/" + words[6];
  node.set_topics(topic + "/air", topic + "/answer");
  node.set_identity(std::atoi(words[2]), std::strtoul(words[3], nullptr, 16), bytes_of(words[4]));
  node.set_wake_interval(std::atoi(words[7]));
  node.set_site(2200, 900, 4200, 400);
  node.set_crop(0, 0, {30, 40, 45, 30}, {15, 110, 70}, {25, 70}, 30);
  for (int i = 8; i < count; i++) {
    if (std::string(words[i]) == "soil") {
      node.add_sentinel(&cooee_soil);
      continue;
    }
    std::istringstream word(words[i]);
    int channel = 0, mv, share;
    char sign;
    word >> channel;
    node.add_channel(channel, &board->sensors[channel]);
    while (word >> sign >> mv >> sign >> share)
      node.add_point(channel, mv, share);
  }
  node.get_done_trigger()->then = [&node] { std::cout << "done " << node.sleep_ms() << "\n"; };
  client.callback = nullptr;
  node.setup();
  if (node.is_failed())
    std::cout << "failed\n";
  return board;
}

int main(int count, char **words) {
  std::unique_ptr<Board> board;
  std::string line, what, text;
  flash.folder = words[1];
  while (std::getline(std::cin, line)) {
    std::istringstream order(line);
    double value = 0;
    int channel = 0;
    order >> what;
    if (what == "power" || what == "sleep") {
      reason = what == "power" ? ESP_RST_POWERON : ESP_RST_DEEPSLEEP;
      board.reset();  // RAM is gone; what deep sleep keeps is static in cooee_node.cpp
      board = booted(words, count);
    } else if (what == "broken") {
      flash.broken = true;
    } else if (what == "broker") {
      order >> value;
      client.connected = value != 0;
    } else if (what == "sensor") {
      order >> channel >> text;
      board->sensors[channel].publish_state(std::strtof(text.c_str(), nullptr));
    } else if (what == "run") {
      order >> value;
      for (uint64_t end = now_ms + static_cast<uint64_t>(value); now_ms < end; now_ms += 100) {
        if (board && !board->node.is_failed())
          board->node.loop();
      }
    } else if (what == "pass") {
      order >> value;
      now_ms += static_cast<uint64_t>(value);
    } else if (what == "answer") {
      order >> text;
      const std::vector<uint8_t> bytes = bytes_of(text);
      if (client.callback && client.qos == 1)
        client.callback(client.topic, std::string(bytes.begin(), bytes.end()));
    }
    std::cout << "ok" << std::endl;
  }
}
