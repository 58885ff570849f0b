#pragma once

#include <unistd.h>
#include <utility>

namespace hotswift {

/// A descriptor that is closed unless it is taken.
class Descriptor {
public:
  Descriptor() = default;
  explicit Descriptor(int Number) : Number(Number) {}
  Descriptor(Descriptor &&Other) noexcept : Number(Other.take()) {}
  Descriptor &operator=(Descriptor &&Other) noexcept {
    reset(Other.take());
    return *this;
  }
  ~Descriptor() { reset(-1); }

  int get() const { return Number; }
  int take() { return std::exchange(Number, -1); }

private:
  void reset(int Other) {
    if (Number >= 0)
      ::close(Number);
    Number = Other;
  }

  int Number = -1;
};

} // namespace hotswift
