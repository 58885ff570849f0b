#include "unwind_information.h"

#include "llvm/BinaryFormat/Dwarf.h"
#include "llvm/Support/DataExtractor.h"

#include <map>

using namespace llvm;

namespace hotswift {
namespace {

/// Compilers pad every record to this.
constexpr uint64_t RecordAlignment = 4;

class UnwindInformation {
public:
  UnwindInformation(StringRef Contents,
                    const DenseMap<uint64_t, uint64_t> &Relocated)
      : Data(Contents, /*IsLittleEndian=*/true, /*AddressSize=*/8),
        Relocated(Relocated) {}

  bool isSound() {
    uint64_t Start = 0;
    while (Start < Data.size()) {
      Cursor At(Start);
      const uint64_t Length = Data.getU32(At);
      const uint64_t End = At.tell() + Length;
      const bool Sound = End <= Data.size() && Length % RecordAlignment == 0 &&
                         readRecord(Start, At) && At && At.tell() <= End;
      consumeError(At.takeError());
      if (!Sound)
        return false;
      Start = End;
    }
    return Pointers == Relocated.size();
  }

private:
  using Cursor = DataExtractor::Cursor;

  /// A CIE.
  struct Common {
    bool IsAugmented = false;
    uint8_t AddressEncoding = dwarf::DW_EH_PE_absptr;
    uint8_t TableEncoding = dwarf::DW_EH_PE_omit;
  };

  bool readRecord(uint64_t Start, Cursor &At) {
    const uint64_t Here = At.tell();
    const uint64_t Distance = Data.getU32(At);
    if (Distance == 0)
      return readCommon(Commons[Start], At);
    auto Shared = Commons.find(Here - Distance);
    return Shared != Commons.end() && readFrame(Shared->second, At);
  }

  bool readCommon(Common &Read, Cursor &At) {
    if (Data.getU8(At) != 1) // version
      return false;
    StringRef Augmentation = Data.getCStrRef(At);
    Data.getULEB128(At); // code alignment
    Data.getSLEB128(At); // data alignment
    Data.getU8(At);      // return address register
    Read.IsAugmented = Augmentation.consume_front("z");
    if (!Read.IsAugmented)
      return Augmentation.empty();
    const uint64_t Length = Data.getULEB128(At);
    const uint64_t Fields = At.tell();
    // JITLink has room for a few letters; compilers emit each once, in order.
    for (char Letter : {'P', 'L', 'R'})
      if (Augmentation.consume_front(StringRef(&Letter, 1)) &&
          !readAugmentation(Letter, Read, At))
        return false;
    return Augmentation.empty() && At.tell() - Fields <= Length;
  }

  bool readAugmentation(char Letter, Common &Read, Cursor &At) {
    const uint8_t Encoding = Data.getU8(At);
    if (Letter == 'P')
      return readPointer(Encoding, At);
    if (Letter == 'L') {
      Read.TableEncoding = Encoding;
      return Encoding == dwarf::DW_EH_PE_omit || sizeOf(Encoding) != 0;
    }
    Read.AddressEncoding = Encoding;
    // The unwinder would follow an indirect address before it is relocated.
    return sizeOf(Encoding) != 0 && !(Encoding & dwarf::DW_EH_PE_indirect);
  }

  bool readFrame(const Common &Shared, Cursor &At) {
    if (!readPointer(Shared.AddressEncoding, At))
      return false;
    Data.skip(At, sizeOf(Shared.AddressEncoding)); // the range's length
    if (!Shared.IsAugmented)
      return true;
    Data.getULEB128(At); // the augmentation's length
    return Shared.TableEncoding == dwarf::DW_EH_PE_omit ||
           readPointer(Shared.TableEncoding, At);
  }

  /// In an object that is not linked yet, every pointer is a relocation.
  bool readPointer(uint8_t Encoding, Cursor &At) {
    const uint8_t Size = sizeOf(Encoding);
    const bool Known = Size != 0 && Relocated.lookup(At.tell()) == Size;
    Data.skip(At, Size);
    ++Pointers;
    return Known;
  }

  /// In bytes; 0 for an encoding that cannot be linked.
  static uint8_t sizeOf(uint8_t Encoding) {
    using namespace llvm::dwarf;
    const uint8_t Base = Encoding & 0x70;
    if (Base != DW_EH_PE_absptr && Base != DW_EH_PE_pcrel)
      return 0;
    switch (Encoding & 0x0f) {
    case DW_EH_PE_udata4:
    case DW_EH_PE_sdata4:
      return 4;
    case DW_EH_PE_absptr:
    case DW_EH_PE_udata8:
    case DW_EH_PE_sdata8:
      return 8;
    default:
      return 0;
    }
  }

  DataExtractor Data;
  const DenseMap<uint64_t, uint64_t> &Relocated;
  size_t Pointers = 0;
  std::map<uint64_t, Common> Commons; ///< by their offsets
};

Error packRecords(jitlink::LinkGraph &G) {
  if (jitlink::Section *Records = G.findSectionByName(".eh_frame"))
    for (jitlink::Block *Record : Records->blocks()) {
      Record->setAlignment(RecordAlignment);
      Record->setAlignmentOffset(0);
    }
  return Error::success();
}

} // namespace

void PackUnwindInformationPlugin::modifyPassConfig(
    orc::MaterializationResponsibility &MR, jitlink::LinkGraph &G,
    jitlink::PassConfiguration &Config) {
  Config.PostPrunePasses.push_back(packRecords);
}

bool isUnwindInformationSound(StringRef Contents,
                              const DenseMap<uint64_t, uint64_t> &Relocated) {
  return UnwindInformation(Contents, Relocated).isSound();
}

} // namespace hotswift
