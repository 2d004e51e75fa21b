#pragma once
#include <functional>
#include <vector>

namespace esphome {
namespace sensor {

class Sensor {
 public:
  void publish_state(float state) {
    for (auto &callback : this->callbacks_)
      callback(state);
  }
  template<typename F> void add_on_state_callback(F &&callback) { this->callbacks_.emplace_back(callback); }

 protected:
  std::vector<std::function<void(float)>> callbacks_;
};

}  // namespace sensor
}  // namespace esphome
