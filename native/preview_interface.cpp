#include "preview_interface.h"

#include "conformances.h"
#include "errors.h"

using namespace llvm;

namespace hotswift {
namespace {

using EmitPreview = void (*)(void *Context, const char *Name, intptr_t Line,
                             intptr_t Width, intptr_t Height);
using ListPreviews = void (*)(const Conformance *Providers, intptr_t Count,
                              const Conformance *ViewProviders,
                              intptr_t ViewCount, void *Context,
                              EmitPreview Emit);

using CompleteDrawing = void (*)(void *Context, int32_t Outcome,
                                 const uint8_t *Bytes, intptr_t Length,
                                 double Width, double Height,
                                 intptr_t PixelWidth, intptr_t PixelHeight);
using DrawPreview = void (*)(const Conformance *Providers, intptr_t Count,
                             const Conformance *ViewProviders,
                             intptr_t ViewCount, intptr_t Index, intptr_t Width,
                             intptr_t Height, double Scale,
                             const char *const *Traits, intptr_t TraitCount,
                             void *Context, CompleteDrawing Complete);

using CompleteSetup = void (*)(void *Context, const char *Failures);
using SetUp = void (*)(const Conformance *Types, intptr_t Count, void *Context,
                       CompleteSetup Complete);

/// What previews come from.
struct Providers {
  std::vector<Conformance> Own;
  /// Those that conform to SwiftUI's protocol.
  std::vector<Conformance> OfViews;

  bool empty() const { return Own.empty() && OfViews.empty(); }
};

Expected<Providers> providersOf(Engine &Owner, size_t Generation,
                                size_t Object) {
  auto Found = Owner.generation(Generation);
  if (!Found)
    return Found.takeError();
  if (Object >= Found->Metadata.size())
    return makeError(ErrorKind::Missing,
                     "the generation has no object " + std::to_string(Object));
  const auto ConformingTo = [&](const char *Name) {
    const void *Protocol = Owner.libraries().find(Name);
    if (!Protocol)
      return std::vector<Conformance>();
    return findConformances(Found->Metadata[Object], Protocol,
                            Owner.libraries());
  };
  return Providers{ConformingTo(ProviderProtocol),
                   ConformingTo(ViewProviderProtocol)};
}

} // namespace

Expected<std::vector<PreviewDescription>>
listPreviews(Engine &Owner, size_t Generation, size_t Object) {
  auto Found = providersOf(Owner, Generation, Object);
  if (!Found)
    return Found.takeError();
  std::vector<PreviewDescription> Previews;
  auto List = reinterpret_cast<ListPreviews>(
      Owner.libraries().find("hotswift_list_previews"));
  if (!List || Found->empty())
    return Previews;
  List(Found->Own.data(), static_cast<intptr_t>(Found->Own.size()),
       Found->OfViews.data(), static_cast<intptr_t>(Found->OfViews.size()),
       &Previews,
       [](void *Context, const char *Name, intptr_t Line, intptr_t Width,
          intptr_t Height) {
         static_cast<std::vector<PreviewDescription> *>(Context)->push_back(
             {Name, Line, Width, Height});
       });
  return Previews;
}

Error drawPreview(Engine &Owner, size_t Generation, size_t Object,
                  const DrawRequest &Request,
                  std::function<void(const Drawing &)> Complete) {
  auto Found = providersOf(Owner, Generation, Object);
  if (!Found)
    return Found.takeError();
  auto Draw = reinterpret_cast<DrawPreview>(
      Owner.libraries().find("hotswift_draw_preview"));
  if (!Draw || Found->empty())
    return makeError(ErrorKind::Preview, "the file has no preview");
  std::vector<const char *> Traits;
  Traits.reserve(Request.Traits.size());
  for (const std::string &Text : Request.Traits)
    Traits.push_back(Text.c_str());
  Draw(Found->Own.data(), static_cast<intptr_t>(Found->Own.size()),
       Found->OfViews.data(), static_cast<intptr_t>(Found->OfViews.size()),
       Request.Index, Request.Width, Request.Height, Request.Scale,
       Traits.data(), static_cast<intptr_t>(Traits.size() / 2),
       new std::function<void(const Drawing &)>(std::move(Complete)),
       [](void *Context, int32_t Outcome, const uint8_t *Bytes, intptr_t Length,
          double Width, double Height, intptr_t PixelWidth,
          intptr_t PixelHeight) {
         std::unique_ptr<std::function<void(const Drawing &)>> Callback(
             static_cast<std::function<void(const Drawing &)> *>(Context));
         (*Callback)({static_cast<DrawOutcome>(Outcome),
                      std::vector<uint8_t>(Bytes, Bytes + Length), Width,
                      Height, PixelWidth, PixelHeight});
       });
  return Error::success();
}

Expected<bool>
setUpPreviews(Engine &Owner, size_t Generation,
              std::function<void(const std::string &)> Complete) {
  auto Found = Owner.generation(Generation);
  if (!Found)
    return Found.takeError();
  const void *Protocol = Owner.libraries().find(SetupProtocol);
  auto Run = reinterpret_cast<SetUp>(Owner.libraries().find("hotswift_set_up"));
  if (!Protocol || !Run)
    return false;
  std::vector<Conformance> Types;
  for (const ObjectMetadata &Object : Found->Metadata)
    append_range(Types, findConformances(Object, Protocol, Owner.libraries()));
  if (Types.empty())
    return false;
  using Callback = std::function<void(const std::string &)>;
  Run(Types.data(), static_cast<intptr_t>(Types.size()),
      new Callback(std::move(Complete)),
      [](void *Context, const char *Failures) {
        const std::unique_ptr<Callback> Owned(static_cast<Callback *>(Context));
        (*Owned)(Failures ? Failures : "");
      });
  return true;
}

} // namespace hotswift
