/// Something a preview can return: `SVG`, `Bitmap`, or a type of yours that is drawn as one of them.
public protocol PreviewContent {
  /// The picture in a form that hotswift turns into a PNG.
  var image: PreviewImage { get }
}

/// The forms of picture that hotswift understands.
public enum PreviewImage {
  case svg(SVG)
  case bitmap(Bitmap)
}

/// A vector picture: the text of an SVG document.
public struct SVG: PreviewContent {
  /// The document, with `<svg xmlns="http://www.w3.org/2000/svg">` as its root.
  public let source: String

  public init(_ source: String) { self.source = source }

  public var image: PreviewImage { .svg(self) }
}
