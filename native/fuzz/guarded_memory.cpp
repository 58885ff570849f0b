#include "guarded_memory.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ExecutionEngine/JITLink/JITLink.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <sys/mman.h>

using namespace llvm;
using jitlink::Block;
using jitlink::LinkGraph;
using orc::ExecutorAddr;

namespace hotswift {
namespace {

/// Used neither by the system nor by AddressSanitizer.
constexpr uint64_t Start = uint64_t(0x2000) << 32;
/// Zero-filled sections may be far larger; to fill them would only take time.
constexpr uint64_t Capacity = 8 << 20;
/// In front of the memory and behind it, without access.
constexpr uint64_t Margin = 16 << 20;
constexpr char GuardByte = '\xa5';
constexpr uint64_t GuardLength = 16;

struct Guard {
  ExecutorAddr Address;
  const Block *Before;
};

char *memory() {
  static char *const Reserved = [] {
    void *Place =
        mmap(reinterpret_cast<void *>(Start - Margin), Capacity + 2 * Margin,
             PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
             -1, 0);
    char *Usable = reinterpret_cast<char *>(Start);
    if (Place == MAP_FAILED ||
        mprotect(Usable, Capacity, PROT_READ | PROT_WRITE) != 0)
      report_fatal_error("there is no memory at the address of the fuzzer's");
    return Usable;
  }();
  return Reserved;
}

/// The blocks that get memory, those of a section together and by address: the
/// unwinder walks through a section.
std::vector<Block *> inOrder(LinkGraph &G) {
  std::vector<Block *> All;
  for (auto &Section : G.sections()) {
    if (Section.getMemLifetime() == orc::MemLifetime::NoAlloc)
      continue;
    const size_t First = All.size();
    llvm::append_range(All, Section.blocks());
    llvm::sort(MutableArrayRef(All).drop_front(First),
               [](const Block *A, const Block *B) {
                 return std::pair(A->getAddress(), A->getSize()) <
                        std::pair(B->getAddress(), B->getSize());
               });
  }
  return All;
}

class Allocation : public jitlink::JITLinkMemoryManager::InFlightAlloc {
public:
  Allocation(LinkGraph &G, std::vector<Guard> Guards)
      : G(G), Guards(std::move(Guards)) {}

  void finalize(OnFinalizedFunction OnFinalized) override {
    checkGuards();
    auto Actions = orc::shared::runFinalizeActions(G.allocActions());
    if (!Actions)
      return OnFinalized(Actions.takeError());
    using Kept = std::vector<orc::shared::WrapperFunctionCall>;
    OnFinalized(jitlink::JITLinkMemoryManager::FinalizedAlloc(
        ExecutorAddr::fromPtr(new Kept(std::move(*Actions)))));
  }

  void abandon(OnAbandonedFunction OnAbandoned) override {
    checkGuards();
    OnAbandoned(Error::success());
  }

private:
  void checkGuards() const {
    for (const Guard &Checked : Guards) {
      const auto *Bytes = Checked.Address.toPtr<const char *>();
      if (std::all_of(Bytes, Bytes + GuardLength,
                      [](char Byte) { return Byte == GuardByte; }))
        continue;
      errs() << "JITLink wrote out of bounds, ";
      if (Checked.Before)
        errs() << "past the end of a block of "
               << Checked.Before->getSection().getName() << " at "
               << Checked.Before->getAddress() << '\n';
      else
        errs() << "in front of the first block\n";
      std::abort();
    }
  }

  LinkGraph &G;
  std::vector<Guard> Guards;
};

} // namespace

void GuardedMemoryManager::allocate(const jitlink::JITLinkDylib *, LinkGraph &G,
                                    OnAllocatedFunction OnAllocated) {
  const std::vector<Block *> Blocks = inOrder(G);
  std::vector<ExecutorAddr> Places;
  std::vector<Guard> Guards{{ExecutorAddr(Start), nullptr}};
  ExecutorAddr Next(Start + GuardLength);
  for (const auto &[Index, Placed] : enumerate(Blocks)) {
    Places.push_back(jitlink::alignToBlock(Next, *Placed));
    Next = Places.back() + Placed->getSize();
    if (Next > ExecutorAddr(Start + Capacity - GuardLength))
      return OnAllocated(make_error<StringError>(
          "more memory than the fuzzer has", inconvertibleErrorCode()));
    const bool IsWalked =
        Placed->getSection().getName() == ".eh_frame" &&
        Index + 1 < Blocks.size() &&
        &Blocks[Index + 1]->getSection() == &Placed->getSection();
    if (IsWalked)
      continue;
    Guards.push_back({Next, Placed});
    Next += GuardLength;
  }
  // Between the records of unwind information there can be padding, which is
  // zero in fresh memory: the unwinder ends there.
  std::memset(memory(), 0, Next - ExecutorAddr(Start));
  for (const Guard &Filled : Guards)
    std::memset(Filled.Address.toPtr<char *>(), GuardByte, GuardLength);
  for (const auto &[Placed, Address] : zip_equal(Blocks, Places)) {
    char *Bytes = Address.toPtr<char *>();
    if (!Placed->isZeroFill()) {
      llvm::copy(Placed->getContent(), Bytes);
      Placed->setMutableContent({Bytes, Placed->getSize()});
    }
    Placed->setAddress(Address);
  }
  OnAllocated(std::make_unique<Allocation>(G, std::move(Guards)));
}

void GuardedMemoryManager::deallocate(std::vector<FinalizedAlloc> Allocs,
                                      OnDeallocatedFunction OnDeallocated) {
  Error All = Error::success();
  for (FinalizedAlloc &Freed : Allocs) {
    std::unique_ptr<std::vector<orc::shared::WrapperFunctionCall>> Actions(
        Freed.release()
            .toPtr<std::vector<orc::shared::WrapperFunctionCall> *>());
    All = joinErrors(std::move(All), orc::shared::runDeallocActions(*Actions));
  }
  OnDeallocated(std::move(All));
}

ExecutorAddr GuardedMemoryManager::nearby(uint32_t Offset) {
  return ExecutorAddr(Start + Capacity + Offset % Margin);
}

} // namespace hotswift
