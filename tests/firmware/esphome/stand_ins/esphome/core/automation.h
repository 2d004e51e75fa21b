#pragma once
#include <functional>

namespace esphome {
template<typename... Ts> class Trigger {
 public:
  void trigger(const Ts &...values) {
    if (this->then)
      this->then(values...);
  }
  std::function<void(Ts...)> then;
};
}  // namespace esphome
