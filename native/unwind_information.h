#pragma once

#include "graph_plugin.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace hotswift {

/// Checks the call frame information (`.eh_frame`) of an object.
///
/// JITLink takes pointer encodings and the references between records on trust,
/// and the unwinder, which reads the records when they are registered, aborts
/// the process where they make no sense. Accepted is what JITLink supports, as
/// far as compilers emit it.
///
/// \p Relocated: the offsets in the section that relocations patch, and how
/// many bytes each of them does. They are addresses and nothing else: a
/// record's length would be checked before it is patched.
bool isUnwindInformationSound(
    llvm::StringRef Contents,
    const llvm::DenseMap<uint64_t, uint64_t> &Relocated);

/// Keeps the records of an object's call frame information together.
///
/// JITLink drops those of functions that another object's replace, and aligns
/// the others to eight bytes: between them zeros are left, which end the
/// information for the unwinder. A C++ exception that meets a function behind
/// them ends the process. Post-prune, records are aligned to what they are made
/// of, four bytes.
class PackUnwindInformationPlugin : public GraphPlugin {
public:
  void modifyPassConfig(llvm::orc::MaterializationResponsibility &MR,
                        llvm::jitlink::LinkGraph &G,
                        llvm::jitlink::PassConfiguration &Config) override;
};

} // namespace hotswift
