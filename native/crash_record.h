// Linux only: elsewhere nothing is recorded.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <array>
#include <cstdint>

namespace hotswift {

/// A crash record is a file in memory that the host makes and an agent writes
/// to: while it lives, where the code of each object lies; when it crashes,
/// what is needed to tell where it was. The host reads it when the agent has
/// ended. Integers are those of the machine, as both are on the same one.
///
/// It begins with the place of its CrashState, 64 bits that are 0 as long as
/// there is none. Then come objects, each a CodeOfObject, its ranges, and its
/// path.
struct CodeRange {
  /// In the object as prepareObject gives it, whose sections have addresses.
  uint64_t InObject;
  uint64_t InMemory;
  uint64_t Size;
};
struct CodeOfObject {
  /// Whether it took the place of code of the stable library.
  uint32_t IsPatch;
  uint32_t PathSize;
  uint64_t RangeCount;
};

/// The numbers that DWARF gives to registers (System V ABI, AMD64, figure 3.36;
/// DWARF for the Arm 64-bit architecture, section 4.1), the program counter
/// behind them.
#ifdef __aarch64__
constexpr unsigned RegisterCount = 33;
constexpr unsigned FramePointer = 29;
constexpr unsigned LinkRegister = 30;
constexpr unsigned StackPointer = 31;
constexpr unsigned ProgramCounter = 32;
#else
constexpr unsigned RegisterCount = 17;
constexpr unsigned FramePointer = 6;
constexpr unsigned StackPointer = 7;
constexpr unsigned ProgramCounter = 16;
#endif

/// Followed by what was on the stack, and by /proc/self/maps.
struct CrashState {
  /// Where the objects end.
  uint64_t ObjectsEnd;
  std::array<uint64_t, RegisterCount> Registers;
  /// The lowest address of the stack that could be read.
  uint64_t StackStart;
  uint64_t StackSize;
  uint64_t MapsSize;
};

/// Where the state is: behind any number of objects.
constexpr uint64_t CrashStatePosition = uint64_t(1) << 28;

/// An empty crash record: a descriptor, which is the caller's, and which
/// programs that are started do not get; -1 where there is none.
int makeCrashRecord();

/// Has crashes of this process recorded, on whichever thread. \p Record: a
/// descriptor that the process got when it was started. Once a process, on the
/// thread that runs Swift.
///
/// That thread gets a stack for signals. Those that Swift starts have none: of
/// their crashes all but an overflow of the stack are recorded.
void recordCrashes(int Record);

/// Whether it is of use to tell where code lies.
bool recordsCrashes();

/// Tells where the code of an object lies, before any of it runs.
void recordCode(llvm::StringRef Path, bool IsPatch,
                llvm::ArrayRef<CodeRange> Ranges);

} // namespace hotswift
