// Whatever bytes a text has, its literals and bodies are in it, in order and
// in one another as they say, and do not depend on what was parsed before. Nor
// does a text decide how much of the stack is used. Its declarations are found
// in the same way.

#include "../interface_change.h"
#include "../outline.h"
#include "../syntax.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"

#include <cstdlib>

#include <pthread.h>

#include <semaphore>
#include <tuple>
#include <utility>

using namespace hotswift;

namespace {

void require(bool Holds) {
  if (!Holds)
    std::abort();
}

Syntax parse(SyntaxTree &With, llvm::StringRef Text) {
  return With.parse(Text.str());
}

auto cells(const SourceLiteral &Each) {
  return std::tuple(Each.Kind, Each.Start, Each.End, Each.Why, Each.Body,
                    Each.CalleeStart, Each.CalleeEnd);
}
auto cells(const SourceBody &Each) {
  return std::tuple(Each.Start, Each.End, Each.IsUnderstood);
}

template <typename Row>
bool areEqual(const std::vector<Row> &Some, const std::vector<Row> &Others) {
  return llvm::equal(Some, Others, [](const Row &One, const Row &Other) {
    return cells(One) == cells(Other);
  });
}

void requireOrder(const Syntax &Found, llvm::StringRef Text) {
  uint32_t Last = 0;
  for (const SourceBody &Each : Found.Bodies) {
    require(Last <= Each.Start && Each.Start <= Each.End &&
            Each.End <= Text.size());
    // Bodies are outermost: none is in another.
    Last = Each.End;
  }
  Last = 0;
  for (const SourceLiteral &Each : Found.Literals) {
    require(Last <= Each.Start && Each.Start <= Each.End &&
            Each.End <= Text.size());
    require(Each.CalleeStart <= Each.CalleeEnd && Each.CalleeEnd <= Each.Start);
    Last = Each.Start;
    if (Each.Why != Obstacle::None)
      continue;
    require(Each.Body < Found.Bodies.size());
    const SourceBody &Body = Found.Bodies[Each.Body];
    require(Body.IsUnderstood && Body.Start < Each.Start &&
            Each.End < Body.End);
  }
}

void checkOutline(llvm::StringRef Text) {
  const auto Found = outlineOf(Text);
  // Where no token is understood, no declaration is.
  require(!Found || hashOfTokens(Text));
  if (!Found)
    return;
  for (const auto &[Index, Each] : llvm::enumerate(*Found))
    require(Each.Container == NoContainer || Each.Container < Index);
}

void check(llvm::StringRef Bytes) {
  // Swift has no use for the byte; a text without it follows an empty one.
  auto [Former, Present] = Bytes.split('\x02');
  if (Present.empty())
    std::swap(Former, Present);

  checkOutline(Present);
  // A text does not differ from itself.
  const InterfaceChange Same = compareInterfaces(Present, Present);
  require(Same.Names.empty() && Same.Types.empty() && Same.Opaque.empty());
  compareInterfaces(Former, Present);

  SyntaxTree Used;
  SyntaxTree Fresh;
  requireOrder(parse(Used, Former), Former);
  const Syntax Found = parse(Used, Present);
  requireOrder(Found, Present);
  const Syntax Expected = parse(Fresh, Present);
  require(areEqual(Found.Literals, Expected.Literals) &&
          areEqual(Found.Bodies, Expected.Bodies));
}

/// Less than a recursion takes that goes as deep as a text of four kilobytes
/// can nest.
constexpr size_t SmallStack = 128 << 10;

/// Checks texts on a thread of its own, one after the other: a sanitizer takes
/// longer to start one than to check most texts.
class SmallThread {
public:
  SmallThread() {
    pthread_attr_t Attributes;
    pthread_attr_init(&Attributes);
    require(pthread_attr_setstacksize(&Attributes, SmallStack) == 0);
    pthread_t Thread{};
    const auto Start = [](void *This) -> void * {
      static_cast<SmallThread *>(This)->run();
      return nullptr;
    };
    require(pthread_create(&Thread, &Attributes, Start, this) == 0);
    pthread_attr_destroy(&Attributes);
    pthread_detach(Thread);
  }

  void checkText(llvm::StringRef Bytes) {
    Text = Bytes;
    Given.release();
    Checked.acquire();
  }

private:
  [[noreturn]] void run() {
    while (true) {
      Given.acquire();
      check(Text);
      Checked.release();
    }
  }

  llvm::StringRef Text;
  std::binary_semaphore Given{0};
  std::binary_semaphore Checked{0};
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size) {
  // Never ended: the process ends with it.
  static auto *Thread = new SmallThread;
  Thread->checkText({reinterpret_cast<const char *>(Data), Size});
  return 0;
}
