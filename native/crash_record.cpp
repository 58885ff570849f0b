#include "crash_record.h"

#ifdef __linux__

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

namespace hotswift {
namespace {

/// More than any backtrace that anybody reads takes.
constexpr size_t MostOfStack = 1 << 20;
/// How far below what can be read the stack pointer may be: a function may ask
/// for more than there is.
constexpr size_t MostOverrun = 16 << 20;

constexpr std::array Signals = {SIGILL, SIGTRAP, SIGABRT,
                                SIGBUS, SIGFPE,  SIGSEGV};

/// Swift code may close descriptors that are not its own and get their numbers
/// for others: the file is known by its place, too. All of it is written once,
/// before the first signal.
struct {
  int Descriptor = -1;
  dev_t Device = 0;
  ino_t File = 0;
} Record;
std::atomic<uint64_t> ObjectsEnd = sizeof(uint64_t);
std::array<struct sigaction, Signals.size()> Former;

alignas(16) std::array<char, 1 << 16> SignalStack;

bool isOurs(int Descriptor) {
  struct stat Found;
  return ::fstat(Descriptor, &Found) == 0 && Found.st_dev == Record.Device &&
         Found.st_ino == Record.File;
}

/// Returns how much of it could be read, and was written.
size_t writeAt(uint64_t Position, const void *Bytes, size_t Size) {
  const auto *From = static_cast<const char *>(Bytes);
  size_t Done = 0;
  while (Done < Size) {
    const ssize_t Count = ::pwrite(Record.Descriptor, From + Done, Size - Done,
                                   static_cast<off_t>(Position + Done));
    if (Count < 0 && errno == EINTR)
      continue;
    if (Count <= 0)
      break;
    Done += static_cast<size_t>(Count);
  }
  return Done;
}

std::array<uint64_t, RegisterCount> registersOf(const ucontext_t &Context) {
  std::array<uint64_t, RegisterCount> Result = {};
#ifdef __aarch64__
  for (unsigned I = 0; I < StackPointer; ++I)
    Result[I] = Context.uc_mcontext.regs[I];
  Result[StackPointer] = Context.uc_mcontext.sp;
  Result[ProgramCounter] = Context.uc_mcontext.pc;
#else
  constexpr std::array<int, RegisterCount> Order = {
      REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
      REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
      REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
  for (unsigned I = 0; I < RegisterCount; ++I)
    Result[I] = static_cast<uint64_t>(Context.uc_mcontext.gregs[Order[I]]);
#endif
  return Result;
}

/// The kernel reads the stack, so that what is not there is an error and no
/// fault.
void recordStack(CrashState &State, uint64_t Position) {
  constexpr uint64_t Page = 4096;
  const uint64_t Top = State.Registers[StackPointer];
  for (uint64_t From = Top; From >= Top && From - Top < MostOverrun;
       From = (From | (Page - 1)) + 1) {
    const size_t Size =
        writeAt(Position, reinterpret_cast<const void *>(From), MostOfStack);
    if (Size == 0)
      continue;
    State.StackStart = From;
    State.StackSize = Size;
    return;
  }
}

uint64_t recordMaps(uint64_t Position) {
  static std::array<char, 1 << 14> Buffer;
  const int Maps = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (Maps < 0)
    return 0;
  uint64_t Size = 0;
  for (;;) {
    const ssize_t Count = ::read(Maps, Buffer.data(), Buffer.size());
    if (Count < 0 && errno == EINTR)
      continue;
    if (Count <= 0)
      break;
    Size += writeAt(Position + Size, Buffer.data(), static_cast<size_t>(Count));
  }
  ::close(Maps);
  return Size;
}

/// Async-signal-safe: it calls the kernel and nothing else, and takes no more
/// of the stack than a few hundred bytes.
void recordState(const ucontext_t &Context) {
  static CrashState State;
  if (!isOurs(Record.Descriptor))
    return;
  State.ObjectsEnd = ObjectsEnd.load();
  State.Registers = registersOf(Context);
  constexpr uint64_t Behind = CrashStatePosition + sizeof(State);
  recordStack(State, Behind);
  State.MapsSize = recordMaps(Behind + State.StackSize);
  if (writeAt(CrashStatePosition, &State, sizeof(State)) != sizeof(State))
    return;
  // Last: it says that the rest is there.
  writeAt(0, &CrashStatePosition, sizeof(CrashStatePosition));
}

/// Lets those that were there before have the signal. Returns whether it is to
/// end the process.
bool isFatal(int Signal, siginfo_t *Info, void *Context) {
  size_t Index = 0;
  while (Signals[Index] != Signal)
    ++Index;
  const struct sigaction &Before = Former[Index];
  if (Before.sa_flags & SA_SIGINFO) {
    // Node's own, for WebAssembly, returns if it was that, and otherwise raises
    // the signal again, which arrives when this handler is left.
    Before.sa_sigaction(Signal, Info, Context);
  } else if (Before.sa_handler != SIG_DFL) {
    Before.sa_handler(Signal);
  } else {
    ::signal(Signal, SIG_DFL);
    ::raise(Signal);
  }
  sigset_t Pending;
  return ::sigpending(&Pending) == 0 && sigismember(&Pending, Signal) == 1;
}

void onSignal(int Signal, siginfo_t *Info, void *Context) {
  static std::atomic_flag IsRecorded;
  const int Error = errno;
  if (isFatal(Signal, Info, Context)) {
    // The first is the one that counts. The process ends when it is recorded.
    if (IsRecorded.test_and_set())
      for (;;)
        ::pause();
    recordState(*static_cast<const ucontext_t *>(Context));
  }
  errno = Error;
}

} // namespace

int makeCrashRecord() {
  const int Record =
      ::memfd_create("hotswift-crash-record", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  // Swift code that truncates descriptors that are not its own takes nothing
  // away that is written.
  if (Record >= 0)
    ::fcntl(Record, F_ADD_SEALS, F_SEAL_SHRINK);
  return Record;
}

void recordCrashes(int Descriptor) {
  struct stat Found;
  if (::fstat(Descriptor, &Found) != 0 || !S_ISREG(Found.st_mode))
    return;
  // What Swift starts would keep it.
  ::fcntl(Descriptor, F_SETFD, FD_CLOEXEC);
  Record = {Descriptor, Found.st_dev, Found.st_ino};
  const uint64_t None = 0;
  writeAt(0, &None, sizeof(None));

  stack_t Stack = {};
  if (::sigaltstack(nullptr, &Stack) == 0 && (Stack.ss_flags & SS_DISABLE)) {
    Stack = {};
    Stack.ss_sp = SignalStack.data();
    Stack.ss_size = SignalStack.size();
    ::sigaltstack(&Stack, nullptr);
  }
  struct sigaction Action = {};
  Action.sa_sigaction = onSignal;
  Action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  // Where files are limited in size, the record is cut off, and the signal that
  // says so comes too late.
  sigaddset(&Action.sa_mask, SIGXFSZ);
  // A crash of the handler is to end the process at once.
  for (int Signal : Signals)
    sigaddset(&Action.sa_mask, Signal);
  for (size_t I = 0; I < Signals.size(); ++I)
    if (::sigaction(Signals[I], nullptr, &Former[I]) == 0 &&
        Former[I].sa_handler != SIG_IGN)
      ::sigaction(Signals[I], &Action, nullptr);
}

bool recordsCrashes() { return Record.Descriptor >= 0; }

void recordCode(llvm::StringRef Path, bool IsPatch,
                llvm::ArrayRef<CodeRange> Ranges) {
  if (!isOurs(Record.Descriptor))
    return;
  const CodeOfObject Head = {IsPatch, static_cast<uint32_t>(Path.size()),
                             Ranges.size()};
  std::string Bytes(reinterpret_cast<const char *>(&Head), sizeof(Head));
  Bytes.append(reinterpret_cast<const char *>(Ranges.data()),
               Ranges.size() * sizeof(CodeRange));
  Bytes += Path;
  // Objects are linked one after the other (engine.h).
  const uint64_t Start = ObjectsEnd.load();
  if (Start + Bytes.size() > CrashStatePosition ||
      writeAt(Start, Bytes.data(), Bytes.size()) != Bytes.size())
    return;
  ObjectsEnd.store(Start + Bytes.size());
}

} // namespace hotswift

#else

namespace hotswift {

int makeCrashRecord() { return -1; }
void recordCrashes(int) {}
bool recordsCrashes() { return false; }
void recordCode(llvm::StringRef, bool, llvm::ArrayRef<CodeRange>) {}

} // namespace hotswift

#endif
