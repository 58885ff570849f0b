#include "dependency_file.h"

#include "errors.h"
#include "module_slot.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Bitstream/BitstreamReader.h"

#include <algorithm>
#include <vector>

using namespace llvm;

namespace hotswift {
namespace {

// FineGrainedDependencyFormat.h
constexpr StringRef Signature = "DEPS";
constexpr unsigned RecordBlock = bitc::FIRST_APPLICATION_BLOCKID;
enum RecordKind : unsigned {
  NodeRecord = 2,
  FingerprintRecord = 3,
  DependsOnRecord = 4,
  IdentifierRecord = 5,
};
/// The fields of a node record.
enum NodeField : unsigned { Kind, Aspect, ContextName, Name, IsProvides };

class Reader {
public:
  explicit Reader(StringRef Bytes) : Cursor(Bytes) {}

  Error run() {
    if (Error E = enterRecords())
      return E;
    while (true) {
      auto Entry = Cursor.advance();
      if (!Entry)
        return Entry.takeError();
      if (Entry->Kind == BitstreamEntry::EndBlock)
        return Error::success();
      if (Entry->Kind != BitstreamEntry::Record)
        return damaged();
      SmallVector<uint64_t, 8> Fields;
      StringRef Text;
      auto Code = Cursor.readRecord(Entry->ID, Fields, &Text);
      if (!Code)
        return Code.takeError();
      // LLVM rounds a text's length up in 32 bits before it compares it with
      // the file's: the largest become 0.
      if (Text.size() > Cursor.getBitcodeBytes().size())
        return damaged();
      if (Error E = take(*Code, Fields, Text))
        return E;
    }
  }

  /// Identifiers are numbered in the order in which they stand in the file,
  /// from 1; 0 is none. Nodes are numbered from 0.
  Expected<std::vector<DependencyNode>> nodes() && {
    for (auto [Node, Fields] : zip(Nodes, Records)) {
      const auto [Context, Name] = Fields;
      if (Context > Identifiers.size() || Name > Identifiers.size() ||
          any_of(Node.DependsOn,
                 [&](uint64_t Other) { return Other >= Nodes.size(); }))
        return damaged();
      if (Context != 0)
        Node.Context = Identifiers[Context - 1];
      if (Name != 0)
        Node.Name = Identifiers[Name - 1];
    }
    return std::move(Nodes);
  }

private:
  static Error damaged() {
    return makeError(ErrorKind::Object, "the dependency file is damaged");
  }

  Error enterRecords() {
    for (char Expected : Signature) {
      auto Byte = Cursor.Read(8);
      if (!Byte)
        return Byte.takeError();
      if (*Byte != static_cast<unsigned char>(Expected))
        return damaged();
    }
    while (!Cursor.AtEndOfStream()) {
      auto Entry = Cursor.advance();
      if (!Entry)
        return Entry.takeError();
      if (Entry->Kind != BitstreamEntry::SubBlock)
        return damaged();
      if (Entry->ID == RecordBlock)
        return Cursor.EnterSubBlock(RecordBlock);
      if (Entry->ID == bitc::BLOCKINFO_BLOCK_ID) {
        std::optional<BitstreamBlockInfo> Info;
        if (Error E = Cursor.ReadBlockInfoBlock().moveInto(Info))
          return E;
        if (!Info)
          return damaged();
        BlockInfo = std::move(*Info);
        Cursor.setBlockInfo(&BlockInfo);
      } else if (Error E = Cursor.SkipBlock()) {
        return E;
      }
    }
    return damaged();
  }

  Error take(unsigned Code, ArrayRef<uint64_t> Fields, StringRef Text) {
    if (Code == NodeRecord) {
      if (Fields.size() < 5)
        return damaged();
      Nodes.push_back({static_cast<DependencyKind>(Fields[Kind]),
                       Fields[Aspect] == 0,
                       Fields[IsProvides] != 0,
                       {},
                       {},
                       {},
                       {}});
      Records.emplace_back(Fields[ContextName], Fields[Name]);
    } else if (Code == FingerprintRecord) {
      if (Nodes.empty())
        return damaged();
      Nodes.back().Fingerprint = Text;
    } else if (Code == DependsOnRecord) {
      if (Nodes.empty())
        return damaged();
      append_range(Nodes.back().DependsOn, Fields);
    } else if (Code == IdentifierRecord) {
      Identifiers.push_back(Text);
    }
    return Error::success();
  }

  BitstreamCursor Cursor;
  BitstreamBlockInfo BlockInfo;
  std::vector<DependencyNode> Nodes;
  /// By node: the numbers of its context and its name.
  std::vector<std::pair<uint64_t, uint64_t>> Records;
  std::vector<StringRef> Identifiers;
};

} // namespace

Expected<std::vector<DependencyNode>> readDependencies(MemoryBufferRef File) {
  Reader Dependencies(File.getBuffer());
  auto Nodes = [&]() -> Expected<std::vector<DependencyNode>> {
    if (Error E = Dependencies.run())
      return E;
    return std::move(Dependencies).nodes();
  }();
  if (!Nodes)
    return makeError(ErrorKind::Object, File.getBufferIdentifier() + ": " +
                                            toString(Nodes.takeError()));
  return Nodes;
}

} // namespace hotswift
