#include "backtrace.h"

#include "code_file.h"
#include "crash_reader.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Demangle/Demangle.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <dlfcn.h>

using namespace llvm;

namespace hotswift {
namespace {

/// Innermost ones: of an endless recursion, there are a hundred thousand.
constexpr size_t MostFrames = 64;

/// In objects of texts whose literals are read from the DesignTimeStore columns
/// are those of other texts (lib/edit/thunk.ts).
constexpr StringLiteral ReadsLiterals = "$s10PreviewKit15DesignTimeStore";

/// Swift functions keep a mark of asynchronous ones in the frame pointers that
/// they save (swift/ABI/MetadataValues.h, extended frames).
constexpr uint64_t AsyncFrameMark = uint64_t(1) << 60;

/// The program of this process, which is that of agents, too.
StringRef programName() {
  static const std::string Path = sys::fs::getMainExecutable(nullptr, nullptr);
  return sys::path::filename(Path);
}

StringRef addonName() {
  Dl_info Found;
  if (!dladdr(reinterpret_cast<void *>(&readBacktrace), &Found))
    return {};
  return sys::path::filename(Found.dli_fname);
}

class BacktraceReader {
public:
  BacktraceReader(const CrashReader &Crash, const LibraryObjects &Stable,
                  DebugInformation Debug)
      : Crash(Crash), Stable(Stable), Debug(Debug),
        Registers(Crash.registers()) {}

  Backtrace run() {
    skipCallToNowhere();
    std::vector<uint64_t> Addresses = walk();
    if (!Result.HasMore)
      dropCallers(Addresses);
    for (const uint64_t Address : Addresses)
      addFrames(Address);
    return std::move(Result);
  }

private:
  struct Place {
    const CodeFile *File = nullptr;
    /// In the file.
    uint64_t Address = 0;
    /// Of a shared library or a program.
    StringRef Library;
  };

  /// The addresses of calls, and of the crash, innermost first.
  std::vector<uint64_t> walk() {
    std::vector<uint64_t> Addresses;
    uint64_t Depth = 0;
    while (isCode(Registers[ProgramCounter])) {
      if (Addresses.size() == MostFrames) {
        Result.HasMore = true;
        break;
      }
      // A return address may lie behind the end of the function that called.
      const bool IsCall = !Addresses.empty() || !Result.Frames.empty();
      const uint64_t Address = Registers[ProgramCounter] - (IsCall ? 1 : 0);
      Addresses.push_back(Address);
      // Frames lie one above the other.
      if (!step(Address) || Registers[StackPointer] <= Depth)
        break;
      Depth = Registers[StackPointer];
    }
    return Addresses;
  }

  /// What called Swift, or started the thread, is none of the user's: the
  /// program, what it makes while it runs, and the addon.
  void dropCallers(std::vector<uint64_t> &Addresses) const {
    const auto IsOurs = [&](uint64_t Address) {
      if (Crash.linkedCode(Address))
        return false;
      const auto Mapped = Crash.mappedCode(Address);
      const StringRef File = sys::path::filename(Mapped ? Mapped->File : "");
      return File.empty() || File == programName() || File == addonName() ||
             File.starts_with("libc.so");
    };
    const auto Last = find_if(
        reverse(Addresses), [&](uint64_t Address) { return !IsOurs(Address); });
    // If there is nothing else, it is the program's crash.
    if (Last != Addresses.rend())
      Addresses.erase(Last.base(), Addresses.end());
  }

  bool isCode(uint64_t Address) const {
    return Crash.linkedCode(Address) || Crash.mappedCode(Address);
  }

  /// Who calls what is no function has its return address on top of the stack.
  void skipCallToNowhere() {
    uint64_t &Counter = Registers[ProgramCounter];
    if (isCode(Counter))
      return;
    BacktraceFrame Nowhere;
    Nowhere.Address = Counter;
    Result.Frames.push_back(std::move(Nowhere));
#ifdef __aarch64__
    Counter = Registers[LinkRegister];
#else
    Counter = Crash.stackAt(Registers[StackPointer]).value_or(0);
    Registers[StackPointer] += sizeof(uint64_t);
#endif
  }

  const CodeFile *openObject(StringRef Path) {
    auto [Entry, IsNew] = Files.try_emplace(Path);
    if (IsNew)
      Entry->second = orNothing(CodeFile::openObject(
          Path.str(), Debug == DebugInformation::Read ? DebugSections::Keep
                                                      : DebugSections::Drop));
    return Entry->second.get();
  }

  const CodeFile *openLibrary(StringRef Path, uint64_t Inode) {
    auto [Entry, IsNew] = Files.try_emplace(Path);
    if (IsNew)
      Entry->second = orNothing(CodeFile::openLibrary(Path.str(), Inode));
    return Entry->second.get();
  }

  /// A file may be gone: frames in it have no names then.
  static std::unique_ptr<CodeFile>
  orNothing(Expected<std::unique_ptr<CodeFile>> Opened) {
    if (Opened)
      return std::move(*Opened);
    consumeError(Opened.takeError());
    return nullptr;
  }

  Place placeOf(uint64_t Address) {
    if (const auto Linked = Crash.linkedCode(Address))
      return {openObject(Linked->Object->Path), Linked->Address, ""};
    const auto Mapped = Crash.mappedCode(Address);
    if (!Mapped || Mapped->File.empty())
      return {};
    const CodeFile *File = openLibrary(Mapped->File, Mapped->Inode);
    const auto InFile =
        File ? File->addressOfOffset(Mapped->Offset) : std::nullopt;
    return {InFile ? File : nullptr, InFile.value_or(0), Mapped->File};
  }

  void addFrames(uint64_t Address) {
    const Place Found = placeOf(Address);
    BacktraceFrame Frame;
    Frame.Address = Address;
    Frame.Library = Found.Library.str();
    if (const auto Linked = Crash.linkedCode(Address))
      Frame.Object = Linked->Object->Path;
    if (!Found.File) {
      Result.Frames.push_back(std::move(Frame));
      return;
    }
    Place Code = Found;
    if (const auto Function = Found.File->functionAt(Found.Address)) {
      Frame.Function = demangle(Function->Name);
      if (isStable(Found.Library))
        Code = placeInObject(*Function, Found);
    }
    addLines(std::move(Frame), Code);
  }

  bool isStable(StringRef Library) const {
    return !Library.empty() &&
           sys::path::filename(Library) == sys::path::filename(Stable.Path);
  }

  /// Where what lies in the stable library is in the object that it came from.
  /// Of an object that was replaced the functions that were not are the same in
  /// the new one, whose lines are those of the user's text.
  Place placeInObject(const CodeFile::Function &Function, const Place &Found) {
    std::vector<StringRef> Objects;
    for (const auto &Object : reverse(Crash.objects()))
      if (Object.IsPatch)
        Objects.push_back(Object.Path);
    append_range(Objects, Stable.Objects);
    for (StringRef Path : Objects)
      if (const CodeFile *Object = openObject(Path))
        if (const auto Start = Object->find(Function.Name))
          return {Object, *Start + (Found.Address - Function.Start), ""};
    return {};
  }

  void addLines(BacktraceFrame Frame, const Place &Code) {
    const bool IsRead = Code.File && Debug == DebugInformation::Read;
    const DIInliningInfo Lines =
        IsRead ? Code.File->lines(Code.Address) : DIInliningInfo();
    const uint32_t Count = Lines.getNumberOfFrames();
    const bool HasColumns = Count > 0 && !Code.File->refersTo(ReadsLiterals);
    for (uint32_t I = 0; I < Count; ++I) {
      const DILineInfo &Line = Lines.getFrame(I);
      const bool IsInlined = I + 1 < Count;
      BacktraceFrame Inlined = Frame;
      if (IsInlined) {
        // The compiler names what the user knows of, not all that it inlines.
        if (Line.FunctionName.empty() ||
            Line.FunctionName == DILineInfo::BadString)
          continue;
        Inlined.Function = demangle(Line.FunctionName);
      }
      if (Line.Line > 0 && Line.FileName != DILineInfo::BadString) {
        Inlined.File = Line.FileName;
        Inlined.Line = Line.Line;
        Inlined.Column = HasColumns ? Line.Column : 0;
      }
      Result.Frames.push_back(std::move(Inlined));
    }
    if (Count == 0)
      Result.Frames.push_back(std::move(Frame));
  }

  /// Goes to the caller's frame.
  bool step(uint64_t Address) {
    const Place Found = placeOf(Address);
    if (Found.File)
      if (const auto How = Found.File->unwindStep(Found.Address))
        return follow(*How);
    return followFramePointer();
  }

  std::optional<uint64_t> valueOf(const dwarf::UnwindLocation &Where,
                                  uint64_t Frame) const {
    using Location = dwarf::UnwindLocation;
    uint64_t Value = 0;
    switch (Where.getLocation()) {
    case Location::CFAPlusOffset:
      Value = Frame + static_cast<int64_t>(Where.getOffset());
      break;
    case Location::RegPlusOffset:
      if (Where.getRegister() >= RegisterCount)
        return std::nullopt;
      Value = Registers[Where.getRegister()] +
              static_cast<int64_t>(Where.getOffset());
      break;
    default:
      return std::nullopt;
    }
    return Where.getDereference() ? Crash.stackAt(Value) : Value;
  }

  bool follow(const UnwindStep &How) {
    const auto Frame = valueOf(How.Row.getCFAValue(), 0);
    if (!Frame)
      return followFramePointer();
    const dwarf::RegisterLocations &Saved = How.Row.getRegisterLocations();
    const auto Former = Registers;
    for (unsigned I = 0; I < RegisterCount; ++I) {
      const auto Where = Saved.getRegisterLocation(I);
      if (!Where || Where->getLocation() == dwarf::UnwindLocation::Same)
        continue;
      Registers[I] = valueOf(*Where, *Frame).value_or(0);
    }
    Registers[FramePointer] &= ~AsyncFrameMark;
    const auto Back = Saved.getRegisterLocation(How.ReturnAddress);
    Registers[ProgramCounter] =
        How.ReturnAddress < RegisterCount
            ? (Back ? Registers : Former)[How.ReturnAddress]
            : 0;
    Registers[StackPointer] = *Frame;
    return true;
  }

  /// Code that is made while a program runs, as V8's, has no other way.
  bool followFramePointer() {
    const uint64_t Frame = Registers[FramePointer];
    const auto Saved = Crash.stackAt(Frame);
    const auto Return = Crash.stackAt(Frame + sizeof(uint64_t));
    if (!Saved || !Return || Frame < Registers[StackPointer])
      return false;
    Registers[FramePointer] = *Saved & ~AsyncFrameMark;
    Registers[ProgramCounter] = *Return;
    Registers[StackPointer] = Frame + 2 * sizeof(uint64_t);
    return true;
  }

  const CrashReader &Crash;
  const LibraryObjects &Stable;
  const DebugInformation Debug;
  std::array<uint64_t, RegisterCount> Registers;
  /// By path; null for what cannot be read.
  StringMap<std::unique_ptr<CodeFile>> Files;
  Backtrace Result;
};

} // namespace

Expected<Backtrace> readBacktrace(int Record, const LibraryObjects &Stable,
                                  DebugInformation Debug) {
  auto Crash = CrashReader::read(Record);
  if (!Crash)
    return Crash.takeError();
  return BacktraceReader(*Crash, Stable, Debug).run();
}

} // namespace hotswift
