/// What a preview is drawn with.
public struct PreviewContext {
  /// Width in points that was asked for, by the snapshot or by the preview; `nil` where the content decides.
  public let width: Int?
  /// Height in points that was asked for, by the snapshot or by the preview; `nil` where the content decides.
  public let height: Int?
  /// Pixels per point. A picture of 320 x 200 points at scale 2 has 640 x 400 pixels.
  public let scale: Double
  /// The environment the preview is shown in.
  public let traits: Traits
}

/// The environment of a preview. Traits are inputs at run time: to change one draws the preview again and compiles nothing.
public struct Traits: Equatable {
  public enum ColorScheme: String { case light, dark }
  public enum LayoutDirection: String { case leftToRight, rightToLeft }
  public enum Contrast: String { case standard, increased }

  /// Default `.light`.
  public var colorScheme: ColorScheme = .light
  /// A BCP 47 language tag. Default `en-US`.
  public var locale: String = "en-US"
  /// Default `.leftToRight`.
  public var layoutDirection: LayoutDirection = .leftToRight
  /// Factor on text sizes. Default 1.
  public var textScale: Double = 1
  /// Default `.standard`.
  public var contrast: Contrast = .standard

  private var custom: [String: String] = [:]

  public init() {}

  /// A trait of the tool's own, as the host set it; `nil` where it did not.
  public subscript(name: String) -> String? {
    get { custom[name] }
    set { custom[name] = newValue }
  }

  /// Names that are not traits of PreviewKit become custom traits; values that a trait does not know leave its default.
  init(pairs: [(name: String, value: String)]) {
    for (name, value) in pairs {
      switch name {
      case "colorScheme": colorScheme = ColorScheme(rawValue: value) ?? colorScheme
      case "locale": locale = value
      case "layoutDirection": layoutDirection = LayoutDirection(rawValue: value) ?? layoutDirection
      case "textScale": textScale = Double(value) ?? textScale
      case "contrast": contrast = Contrast(rawValue: value) ?? contrast
      default: custom[name] = value
      }
    }
  }
}
