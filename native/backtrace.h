#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace hotswift {

/// A place in the code of a process that has ended.
struct BacktraceFrame {
  uint64_t Address = 0;
  /// The function; a C++ one demangled, a Swift one as the linker knows it.
  /// Empty if it is not known.
  std::string Function;
  /// The path of the shared library or program; empty for code that was linked
  /// into the process, and for what is nowhere.
  std::string Library;
  /// The path of the object that the code was linked from; empty for other
  /// code.
  std::string Object;
  /// The source; empty if it is not known.
  std::string File;
  uint32_t Line = 0;
  /// 0 if it is not known, or not true of the user's text.
  uint32_t Column = 0;
};

struct Backtrace {
  /// Innermost first. Functions that were inlined have frames of their own.
  std::vector<BacktraceFrame> Frames;
  /// Whether there are more, further out.
  bool HasMore = false;
};

/// The stable library of a process, and the objects that it was linked from: it
/// has no debug information of its own.
struct LibraryObjects {
  std::string Path;
  std::vector<std::string> Objects;
};

/// Whether files, lines and inlined functions are looked up.
enum class DebugInformation { Read, Skip };

/// The frames of the thread that crashed, from a crash record
/// (crash_record.h). An error if it holds none.
///
/// The record, and the files that it names, may be damaged. LLVM's reader of
/// debug information crashes on some that are: backtraces are read in a process
/// that may die.
llvm::Expected<Backtrace>
readBacktrace(int Record, const LibraryObjects &Stable, DebugInformation Debug);

} // namespace hotswift
