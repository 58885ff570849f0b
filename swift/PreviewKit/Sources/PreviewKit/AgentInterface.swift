// The C interface through which the addon lists and draws previews. native/preview_interface.h declares the same functions:
// the two files are one interface and change together.

/// A type and its conformance to a protocol as the runtime knows them. In memory this is an existential metatype:
/// the metadata, then the witness table ("Existential Metatypes" in the Swift ABI's TypeLayout document).
typealias ConformanceWords = (metadata: UnsafeRawPointer, witnessTable: UnsafeRawPointer)

/// How a drawing ended. The raw values are part of the interface.
private enum Outcome: Int32 {
  /// The bytes are an SVG document in UTF-8.
  case svg = 0
  /// The bytes are the pixels of a `Bitmap`.
  case bitmap = 1
  /// The preview threw; the bytes are the error's description in UTF-8.
  case thrown = 2
  /// There is no preview with this index.
  case missing = 3
}

func conformingTypes(_ types: UnsafeRawPointer?, count: Int) -> UnsafeBufferPointer<ConformanceWords> {
  UnsafeBufferPointer(start: types?.assumingMemoryBound(to: ConformanceWords.self), count: count)
}

/// The previews of each provider stay together; the providers are in the order of the source, by the line of their first preview. Those of SwiftUI, which tell
/// no line, come first.
@MainActor
private func previews(
  of providers: UnsafeRawPointer?, count: Int, viewProviders: UnsafeRawPointer?, viewCount: Int
) -> [Preview] {
  var ofEach = conformingTypes(providers, count: count)
    .map { unsafeBitCast($0, to: (any PreviewProvider.Type).self).previews }
  #if canImport(SwiftUI)
    ofEach += conformingTypes(viewProviders, count: viewCount).map { [viewPreview(of: $0)] }
  #endif
  return ofEach.enumerated()
    .sorted { ($0.element.first?.line ?? 0, $0.offset) < ($1.element.first?.line ?? 0, $1.offset) }
    .flatMap(\.element)
}

/// Calls `emit` once a preview, in order. A width or height that the preview leaves open is 0, and so is a line that is not known.
///
/// - Parameters:
///   - providers: `count` types that conform to PreviewKit's `PreviewProvider`.
///   - viewProviders: `viewCount` types that conform to SwiftUI's.
@_cdecl("hotswift_list_previews")
@MainActor
public func listPreviews(
  providers: UnsafeRawPointer?, count: Int, viewProviders: UnsafeRawPointer?, viewCount: Int,
  context: UnsafeMutableRawPointer?,
  emit: @convention(c) (
    _ context: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>, _ line: Int, _ width: Int, _ height: Int
  ) -> Void
) {
  for preview in previews(of: providers, count: count, viewProviders: viewProviders, viewCount: viewCount) {
    preview.name.withCString { emit(context, $0, preview.line, preview.width ?? 0, preview.height ?? 0) }
  }
}

/// Takes the outcome, the bytes, the size of the picture in points (0 where the preview leaves it to an SVG; that of a bitmap may be no whole number) and,
/// for a bitmap, its size in pixels. What it is given is valid for the length of the call.
public typealias CompleteDrawing = @convention(c) (
  _ context: UnsafeMutableRawPointer?, _ outcome: Int32, _ bytes: UnsafePointer<UInt8>?, _ length: Int,
  _ width: Double, _ height: Double, _ pixelWidth: Int, _ pixelHeight: Int
) -> Void

/// Draws one preview and calls `complete` exactly once, on the main actor: before this returns, or later if the preview suspends.
///
/// - Parameters:
///   - providers: as are `count`, `viewProviders` and `viewCount`, those of `hotswift_list_previews`.
///   - width: in points, 0 where the preview's own is wanted; likewise `height`.
///   - traits: `traitCount` pairs of NUL-terminated strings, name and value.
@_cdecl("hotswift_draw_preview")
@MainActor
public func drawPreview(
  providers: UnsafeRawPointer?, count: Int, viewProviders: UnsafeRawPointer?, viewCount: Int, index: Int, width: Int, height: Int,
  scale: Double,
  traits: UnsafePointer<UnsafePointer<CChar>>, traitCount: Int, context: UnsafeMutableRawPointer?,
  complete: @escaping CompleteDrawing
) {
  DesignTimeStore.beginEpoch()
  let all = previews(of: providers, count: count, viewProviders: viewProviders, viewCount: viewCount)
  let answer = Answer(context: context, complete: complete)
  guard all.indices.contains(index) else { return answer.send(.missing, text: "") }
  let preview = all[index]
  let pairs = (0..<traitCount).map { (name: String(cString: traits[2 * $0]), value: String(cString: traits[2 * $0 + 1])) }
  let asked = PreviewContext(
    width: width > 0 ? width : preview.width, height: height > 0 ? height : preview.height, scale: scale,
    traits: Traits(pairs: pairs))
  switch preview.drawing {
  case .immediate(let draw):
    answer.send(Result { try draw(asked) }, size: asked)
  case .suspending(let draw):
    Task { @MainActor in
      do {
        answer.send(.success(try await draw(asked)), size: asked)
      } catch {
        answer.send(.failure(error), size: asked)
      }
    }
  }
}

/// Whom a drawing goes to.
private struct Answer {
  let context: UnsafeMutableRawPointer?
  let complete: CompleteDrawing

  func send(_ drawn: Result<any PreviewContent, any Error>, size: PreviewContext) {
    switch drawn.map(\.image) {
    case .success(.svg(let svg)):
      send(.svg, text: svg.source, width: Double(size.width ?? 0), height: Double(size.height ?? 0))
    case .success(.bitmap(let bitmap)):
      guard bitmap.scale > 0 && bitmap.scale.isFinite else {
        return send(.thrown, text: "a Bitmap has a scale of \(bitmap.scale): pixels per point are more than 0")
      }
      let points = { (asked: Int?, pixels: Int) in asked.map(Double.init) ?? Double(pixels) / bitmap.scale }
      bitmap.bytes.withUnsafeBufferPointer {
        complete(
          context, Outcome.bitmap.rawValue, $0.baseAddress, $0.count, points(size.width, bitmap.width),
          points(size.height, bitmap.height), bitmap.width, bitmap.height)
      }
    case .failure(let error):
      send(.thrown, text: String(describing: error))
    }
  }

  func send(_ outcome: Outcome, text: String, width: Double = 0, height: Double = 0) {
    var text = text
    text.withUTF8 { complete(context, outcome.rawValue, $0.baseAddress, $0.count, width, height, 0, 0) }
  }
}
