// libFuzzer changes bytes anywhere. Most of an object is code and data, which
// nothing here reads, and a byte more or less moves all that follows; so most
// changes are made to a field of a table, by what such fields can be.

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/Endian.h"

#include <algorithm>
#include <cstring>
#include <random>

using namespace llvm;

extern "C" size_t LLVMFuzzerMutate(uint8_t *Data, size_t Size, size_t MaxSize);

namespace {

struct Field {
  uint8_t Offset, Width;
};

constexpr Field HeaderFields[] = {{16, 2}, {18, 2}, {20, 4}, {32, 8}, {40, 8},
                                  {48, 4}, {52, 2}, {58, 2}, {60, 2}, {62, 2}};
constexpr Field SectionFields[] = {{0, 4},  {4, 4},  {8, 8},  {16, 8}, {24, 8},
                                   {32, 8}, {40, 4}, {44, 4}, {48, 8}, {56, 8}};
constexpr Field SymbolFields[] = {{0, 4}, {4, 1}, {5, 1},
                                  {6, 2}, {8, 8}, {16, 8}};
constexpr Field RelocationFields[] = {{0, 8}, {8, 4}, {12, 4}, {16, 8}};
constexpr Field Bytes[] = {{0, 1}};

/// Entries of one kind, all of which lie in the input.
struct Table {
  uint64_t Offset, EntrySize, Count;
  ArrayRef<Field> Fields;
};

class Mutation {
public:
  Mutation(MutableArrayRef<uint8_t> Input, unsigned Seed)
      : Input(Input), Random(Seed) {}

  /// False for what is no object any more.
  bool run() {
    if (Input.size() < sizeof(ELF::Elf64_Ehdr))
      return false;
    add({0, sizeof(ELF::Elf64_Ehdr), 1, HeaderFields});
    addSections();
    for (uint64_t Changes = 1 + below(3); Changes > 0; --Changes)
      change(Tables[below(Tables.size())]);
    return true;
  }

private:
  void addSections() {
    const Table Sections{read({40, 8}, 0), sizeof(ELF::Elf64_Shdr),
                         read({60, 2}, 0), SectionFields};
    if (!add(Sections))
      return;
    // As often as any other: there is one of it and many of those.
    const size_t Own = Tables.size() - 1;
    for (uint64_t Index = 0; Index < Sections.Count; ++Index) {
      const uint64_t Header = Sections.Offset + Index * Sections.EntrySize;
      const uint64_t Offset = read({24, 8}, Header);
      const uint64_t Size = read({32, 8}, Header);
      switch (read({4, 4}, Header)) {
      case ELF::SHT_SYMTAB:
        add({Offset, sizeof(ELF::Elf64_Sym), Size / sizeof(ELF::Elf64_Sym),
             SymbolFields});
        break;
      case ELF::SHT_RELA:
        add({Offset, sizeof(ELF::Elf64_Rela), Size / sizeof(ELF::Elf64_Rela),
             RelocationFields});
        add(Tables[Own]);
        break;
      case ELF::SHT_NOBITS:
      case ELF::SHT_NULL:
        break;
      default:
        // Unwind information, names, linker flags. Code and data come with
        // them, but only small ones as often.
        if (Size <= 1024)
          add({Offset, 1, Size, Bytes});
      }
    }
  }

  bool add(Table Added) {
    const bool Fits =
        Added.Count > 0 && Added.Offset < Input.size() &&
        Added.Count <= (Input.size() - Added.Offset) / Added.EntrySize;
    if (Fits)
      Tables.push_back(Added);
    return Fits;
  }

  void change(const Table &Changed) {
    const uint64_t Entry = entryOf(Changed);
    if (below(8) == 0) {
      std::memmove(&Input[Entry], &Input[entryOf(Changed)], Changed.EntrySize);
      return;
    }
    const Field Target = Changed.Fields[below(Changed.Fields.size())];
    write(Target, Entry, valueFor(Changed, Target, Entry));
  }

  uint64_t valueFor(const Table &Changed, Field Target, uint64_t Entry) {
    const uint64_t Old = read(Target, Entry);
    const Table &Other = Tables[below(Tables.size())];
    switch (below(7)) {
    case 0:
      return Old ^ (uint64_t(1) << below(uint64_t(8) * Target.Width));
    case 1:
      return Old + below(17) - 8;
    case 2:
      return read(Target, entryOf(Changed));
    case 3:
      return below(40);
    case 4:
      return (uint64_t(1) << below(64)) - below(2);
    case 5:
      return Other.Offset + below(2) * Other.EntrySize * below(Other.Count + 1);
    default:
      return Input.size() - below(64);
    }
  }

  uint64_t entryOf(const Table &T) {
    return T.Offset + below(T.Count) * T.EntrySize;
  }

  uint64_t below(uint64_t Limit) { return Random() % Limit; }

  uint64_t read(Field Read, uint64_t Entry) const {
    uint64_t Value = 0;
    std::memcpy(&Value, &Input[Entry + Read.Offset], Read.Width);
    return support::endian::byte_swap<uint64_t>(Value, endianness::little);
  }

  void write(Field Written, uint64_t Entry, uint64_t Value) {
    Value = support::endian::byte_swap<uint64_t>(Value, endianness::little);
    std::memcpy(&Input[Entry + Written.Offset], &Value, Written.Width);
  }

  MutableArrayRef<uint8_t> Input;
  std::mt19937_64 Random;
  SmallVector<Table, 64> Tables;
};

} // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *Data, size_t Size,
                                          size_t MaxSize, unsigned Seed) {
  if (Seed % 8 != 0 && Mutation({Data, Size}, Seed).run())
    return Size;
  return LLVMFuzzerMutate(Data, Size, MaxSize);
}
