// The functions of PreviewKit that list and draw previews and set up what they
// need, as declared in AgentInterface.swift and PreviewSetup.swift of
// swift/PreviewKit/Sources/PreviewKit: the files are one interface and change
// together.
#pragma once

#include "engine.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace hotswift {

/// The linker name of `protocol PreviewKit.PreviewProvider`'s descriptor.
constexpr const char *ProviderProtocol = "$s10PreviewKit0A8ProviderMp";

/// The linker name of `protocol SwiftUI.PreviewProvider`'s descriptor.
constexpr const char *ViewProviderProtocol = "$s7SwiftUI15PreviewProviderMp";

/// The linker name of `protocol PreviewKit.PreviewSetup`'s descriptor.
constexpr const char *SetupProtocol = "$s10PreviewKit0A5SetupMp";

struct PreviewDescription {
  std::string Name;
  intptr_t Line;   ///< 1-based, 0 where it is not known
  intptr_t Width;  ///< points, 0 where the preview leaves it open
  intptr_t Height; ///< likewise
};

/// What to draw, and how.
struct DrawRequest {
  intptr_t Index = 0;
  intptr_t Width = 0;  ///< points, 0 for the preview's own
  intptr_t Height = 0; ///< likewise
  double Scale = 1;    ///< pixels per point
  /// Names and values, alternating.
  std::vector<std::string> Traits;
};

enum class DrawOutcome : int32_t {
  Svg = 0,
  Bitmap = 1,
  Thrown = 2,
  Missing = 3
};

struct Drawing {
  DrawOutcome Outcome;
  std::vector<uint8_t> Bytes;
  double Width;         ///< points, 0 where an SVG decides
  double Height;        ///< likewise
  intptr_t PixelWidth;  ///< of a bitmap
  intptr_t PixelHeight; ///< likewise
};

/// The previews of one object of a generation. Empty where nothing imports
/// PreviewKit. Runs Swift code: on the thread that runs Swift.
llvm::Expected<std::vector<PreviewDescription>>
listPreviews(Engine &Owner, size_t Generation, size_t Object);

/// Draws a preview of one object of a generation and calls \p Complete exactly
/// once, on the thread that runs Swift, perhaps after this function returned.
llvm::Error drawPreview(Engine &Owner, size_t Generation, size_t Object,
                        const DrawRequest &Request,
                        std::function<void(const Drawing &)> Complete);

/// Has every `PreviewSetup` type of a generation's objects set up what previews
/// need, and calls \p Complete exactly once, on the thread that runs Swift,
/// perhaps after this function returned: with what was thrown, or with nothing.
/// Resolves to whether there are such types; \p Complete is not called
/// otherwise.
llvm::Expected<bool>
setUpPreviews(Engine &Owner, size_t Generation,
              std::function<void(const std::string &)> Complete);

} // namespace hotswift
