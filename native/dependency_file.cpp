#include "dependency_file.h"

#include "errors.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Bitstream/BitstreamReader.h"
#include "llvm/Support/MemoryBuffer.h"

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
  IdentifierRecord = 5,
};
/// The fields of a node record.
enum NodeField : unsigned { Kind, Aspect, ContextName, Name, IsProvides };

struct Declaration {
  std::array<uint64_t, 5> Fields;
  std::string Fingerprint;
};

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
  /// from 1; 0 is none. Their numbers differ from one compile to the next,
  /// their texts do not.
  Expected<std::string> interface() const {
    std::vector<std::string> Lines;
    for (const Declaration &Provided : Declarations) {
      if (!Provided.Fields[IsProvides])
        continue;
      std::string Line = std::to_string(Provided.Fields[Kind]) + ' ' +
                         std::to_string(Provided.Fields[Aspect]);
      for (unsigned Field : {ContextName, Name}) {
        const uint64_t Number = Provided.Fields[Field];
        if (Number > Identifiers.size())
          return damaged();
        Line += ' ';
        // The file's own node is named after the .swiftdeps file.
        if (Number != 0 && Provided.Fields[Kind] != SourceFileNode)
          Line += Identifiers[Number - 1];
      }
      Lines.push_back(Line + ' ' + Provided.Fingerprint);
    }
    std::sort(Lines.begin(), Lines.end());
    return join(Lines, "\n");
  }

private:
  /// `NodeKind::sourceFileProvide` (swift/AST/FineGrainedDependencies.h).
  static constexpr uint64_t SourceFileNode = 6;

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
      Declaration Next;
      std::copy_n(Fields.begin(), 5, Next.Fields.begin());
      Declarations.push_back(std::move(Next));
    } else if (Code == FingerprintRecord) {
      if (Declarations.empty())
        return damaged();
      Declarations.back().Fingerprint = Text.str();
    } else if (Code == IdentifierRecord) {
      Identifiers.push_back(Text.str());
    }
    return Error::success();
  }

  BitstreamCursor Cursor;
  BitstreamBlockInfo BlockInfo;
  std::vector<Declaration> Declarations;
  std::vector<std::string> Identifiers;
};

} // namespace

Expected<std::string> readInterface(MemoryBufferRef File) {
  Reader Dependencies(File.getBuffer());
  auto Interface = [&]() -> Expected<std::string> {
    if (Error E = Dependencies.run())
      return E;
    return Dependencies.interface();
  }();
  if (!Interface)
    return makeError(ErrorKind::Object, File.getBufferIdentifier() + ": " +
                                            toString(Interface.takeError()));
  return Interface;
}

Expected<std::string> readInterface(StringRef Path) {
  auto File = MemoryBuffer::getFile(Path, /*IsText=*/false,
                                    /*RequiresNullTerminator=*/false);
  if (!File)
    return makeError(ErrorKind::Object,
                     Path + ": cannot be read: " + File.getError().message());
  return readInterface((*File)->getMemBufferRef());
}

} // namespace hotswift
