// Previews of SwiftUI's views, where there is SwiftUI.

#if canImport(SwiftUI)
  import SwiftUI

  extension Preview {
    /// A preview of a view, drawn by SwiftUI's `ImageRenderer` with the traits in its environment.
    ///
    /// Where neither the snapshot nor the preview has a size, the view decides. Text scales become the nearest `dynamicTypeSize`, which macOS does not heed; contrast is
    /// not handed on, as SwiftUI takes none; all traits are in `EnvironmentValues.previewTraits`. What AppKit draws, such as lists and text fields, `ImageRenderer`
    /// leaves out.
    public init<Content: View>(
      _ name: String = "Preview", width: Int? = nil, height: Int? = nil, line: Int = #line,
      @ViewBuilder content: @escaping @MainActor () -> Content
    ) {
      self.init(name, width: width, height: height, line: line) { context in
        try bitmap(of: content(), in: context)
      }
    }
  }

  extension EnvironmentValues {
    /// The traits that a preview is drawn with; elsewhere the defaults.
    public var previewTraits: Traits {
      get { self[PreviewTraitsKey.self] }
      set { self[PreviewTraitsKey.self] = newValue }
    }
  }

  private struct PreviewTraitsKey: EnvironmentKey {
    static var defaultValue: Traits { Traits() }
  }

  /// The preview of a type that conforms to SwiftUI's `PreviewProvider`: all of its views in one picture, with the type's name.
  @MainActor
  func viewPreview(of conformance: ConformanceWords) -> Preview {
    preview(of: unsafeBitCast(conformance, to: (any SwiftUI.PreviewProvider.Type).self))
  }

  @MainActor
  private func preview<Provider: SwiftUI.PreviewProvider>(of provider: Provider.Type) -> Preview {
    Preview(String(describing: provider), line: 0) { provider.previews }
  }

  private enum ViewError: Error, CustomStringConvertible {
    case noPicture

    var description: String { "SwiftUI has drawn no picture of the view: its size may be zero, or too large" }
  }

  @MainActor
  private func bitmap(of view: some View, in context: PreviewContext) throws -> Bitmap {
    let traits = context.traits
    let (width, height) = (context.width.map { CGFloat($0) }, context.height.map { CGFloat($0) })
    let renderer = ImageRenderer(
      content:
        view
        .frame(width: width, height: height)
        .environment(\.colorScheme, traits.colorScheme == .dark ? .dark : .light)
        .environment(\.locale, Locale(identifier: traits.locale))
        .environment(\.layoutDirection, traits.layoutDirection == .rightToLeft ? .rightToLeft : .leftToRight)
        .environment(\.dynamicTypeSize, typeSize(nearestTo: traits.textScale))
        .environment(\.previewTraits, traits))
    renderer.scale = CGFloat(context.scale)
    renderer.proposedSize = ProposedViewSize(width: width, height: height)
    guard let image = renderer.cgImage else { throw ViewError.noPicture }
    var bitmap = try Bitmap(width: image.width, height: image.height, order: .rgba) { pixels in
      let canvas = CGContext(
        data: pixels.baseAddress, width: image.width, height: image.height, bitsPerComponent: 8,
        bytesPerRow: image.width * 4, space: CGColorSpace(name: CGColorSpace.sRGB)!,
        bitmapInfo: CGImageAlphaInfo.premultipliedLast.rawValue)
      guard let canvas else { throw ViewError.noPicture }
      canvas.draw(image, in: CGRect(x: 0, y: 0, width: image.width, height: image.height))
    }
    bitmap.scale = context.scale
    return bitmap
  }

  /// By the sizes of the text style Body, in points, of which 17 is the usual one (Human Interface Guidelines, Typography, iOS Dynamic Type sizes).
  private func typeSize(nearestTo scale: Double) -> DynamicTypeSize {
    let sizes: [(DynamicTypeSize, Double)] = [
      (.xSmall, 14), (.small, 15), (.medium, 16), (.large, 17), (.xLarge, 19), (.xxLarge, 21), (.xxxLarge, 23),
      (.accessibility1, 28), (.accessibility2, 33), (.accessibility3, 40), (.accessibility4, 47), (.accessibility5, 53),
    ]
    return sizes.min { abs($0.1 - 17 * scale) < abs($1.1 - 17 * scale) }!.0
  }
#endif
