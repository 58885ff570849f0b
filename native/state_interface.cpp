#include "state_interface.h"

using namespace llvm;

namespace hotswift {
namespace {

using Emit = void (*)(void *Context, const uint8_t *Bytes, intptr_t Length);
using TakeState = void (*)(void *Context, Emit);
using RestoreState = void (*)(const uint8_t *Bytes, intptr_t Length);

} // namespace

void takeState(const Libraries &Loaded,
               function_ref<void(ArrayRef<uint8_t>)> Use) {
  if (auto Take =
          reinterpret_cast<TakeState>(Loaded.find("hotswift_take_state")))
    Take(&Use, [](void *Context, const uint8_t *Bytes, intptr_t Length) {
      (*static_cast<function_ref<void(ArrayRef<uint8_t>)> *>(Context))(
          {Bytes, static_cast<size_t>(Length)});
    });
}

void restoreState(const Libraries &Loaded, ArrayRef<uint8_t> Bytes) {
  if (auto Restore =
          reinterpret_cast<RestoreState>(Loaded.find("hotswift_restore_state")))
    Restore(Bytes.data(), static_cast<intptr_t>(Bytes.size()));
}

} // namespace hotswift
