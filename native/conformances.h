#pragma once

#include "swift_metadata.h"

namespace hotswift {

/// A type and its witness table for one protocol: together, in this order, the
/// value of an existential metatype.
struct Conformance {
  const void *Type;
  const void *WitnessTable;
};

/// The non-generic types that an object declares to conform to a protocol, in
/// the order of its conformance records, which is the order of the source.
///
/// Runs metadata accessors: the metadata must have been registered.
std::vector<Conformance> findConformances(const ObjectMetadata &Metadata,
                                          const void *ProtocolDescriptor,
                                          const Libraries &Runtime);

} // namespace hotswift
