// A stand-in for SwiftUI and CoreGraphics where there are none: declares what PreviewKit and the test use of them as Apple's documentation does, and
// draws views that are one colour.

@_exported import Foundation

// MARK: Names that PreviewKit has as well

public struct Preview {}
public protocol PreviewContext {}

public protocol _PreviewProvider {}

@MainActor @preconcurrency
public protocol PreviewProvider: _PreviewProvider {
  associatedtype Previews: View
  @ViewBuilder static var previews: Previews { get }
}

// MARK: Views

@MainActor @preconcurrency
public protocol View {
  associatedtype Body: View
  @ViewBuilder var body: Body { get }
}

extension Never: View {
  public var body: Never { fatalError() }
}

@resultBuilder
public struct ViewBuilder {
  public static func buildExpression<Content: View>(_ content: Content) -> Content { content }
  public static func buildBlock<Content: View>(_ content: Content) -> Content { content }
}

@MainActor
private protocol Primitive: View where Body == Never {
  func painted(in proposal: ProposedViewSize) -> (size: CGSize, color: Color)
}

extension Primitive {
  public var body: Never { fatalError() }
}

@MainActor
private func paint(_ view: some View, in proposal: ProposedViewSize) -> (size: CGSize, color: Color) {
  if let primitive = view as? any Primitive { return primitive.painted(in: proposal) }
  return paint(view.body, in: proposal)
}

public struct Color: Primitive {
  fileprivate let channels: [Double]

  nonisolated public init(red: Double, green: Double, blue: Double, opacity: Double = 1) {
    channels = [red * opacity, green * opacity, blue * opacity, opacity]
  }

  fileprivate func painted(in proposal: ProposedViewSize) -> (size: CGSize, color: Color) {
    (CGSize(width: proposal.width ?? 10, height: proposal.height ?? 10), self)
  }
}

private struct Frame<Content: View>: Primitive {
  let content: Content
  let width: CGFloat?
  let height: CGFloat?

  func painted(in proposal: ProposedViewSize) -> (size: CGSize, color: Color) {
    let inner = ProposedViewSize(width: width ?? proposal.width, height: height ?? proposal.height)
    let painted = paint(content, in: inner)
    return (CGSize(width: width ?? painted.size.width, height: height ?? painted.size.height), painted.color)
  }
}

private struct InEnvironment<Content: View>: Primitive {
  let content: Content
  let change: (inout EnvironmentValues) -> Void

  func painted(in proposal: ProposedViewSize) -> (size: CGSize, color: Color) {
    let outer = EnvironmentValues.current
    change(&EnvironmentValues.current)
    defer { EnvironmentValues.current = outer }
    return paint(content, in: proposal)
  }
}

extension View {
  public func frame(width: CGFloat? = nil, height: CGFloat? = nil) -> some View {
    Frame(content: self, width: width, height: height)
  }

  public func environment<Value>(_ keyPath: WritableKeyPath<EnvironmentValues, Value>, _ value: Value) -> some View {
    InEnvironment(content: self) { $0[keyPath: keyPath] = value }
  }
}

// MARK: Environment

public enum ColorScheme { case light, dark }
public enum LayoutDirection { case leftToRight, rightToLeft }
public enum DynamicTypeSize: Int {
  case xSmall, small, medium, large, xLarge, xxLarge, xxxLarge
  case accessibility1, accessibility2, accessibility3, accessibility4, accessibility5
}

public protocol EnvironmentKey {
  associatedtype Value
  static var defaultValue: Value { get }
}

public struct EnvironmentValues {
  @MainActor fileprivate static var current = EnvironmentValues()

  private var custom: [ObjectIdentifier: Any] = [:]
  public var colorScheme = ColorScheme.light
  public var locale = Locale(identifier: "en")
  public var layoutDirection = LayoutDirection.leftToRight
  public var dynamicTypeSize = DynamicTypeSize.large

  public init() {}

  public subscript<Key: EnvironmentKey>(key: Key.Type) -> Key.Value {
    get { custom[ObjectIdentifier(key)] as? Key.Value ?? key.defaultValue }
    set { custom[ObjectIdentifier(key)] = newValue }
  }
}

@propertyWrapper
public struct Environment<Value> {
  private let keyPath: KeyPath<EnvironmentValues, Value>

  public init(_ keyPath: KeyPath<EnvironmentValues, Value>) { self.keyPath = keyPath }

  @MainActor public var wrappedValue: Value { EnvironmentValues.current[keyPath: keyPath] }
}

// MARK: Pictures

public struct ProposedViewSize {
  public var width: CGFloat?
  public var height: CGFloat?

  public init(width: CGFloat?, height: CGFloat?) {
    self.width = width
    self.height = height
  }
}

@MainActor
public final class ImageRenderer<Content: View> {
  public var content: Content
  public var proposedSize = ProposedViewSize(width: nil, height: nil)
  public var scale: CGFloat = 1

  public init(content: Content) { self.content = content }

  /// `nil` where there is nothing to draw.
  public var cgImage: CGImage? {
    let (size, color) = paint(content, in: proposedSize)
    let (width, height) = (Int(size.width * scale), Int(size.height * scale))
    return width * height == 0 ? nil : CGImage(width: width, height: height, color: color)
  }
}

public final class CGImage {
  public let width: Int
  public let height: Int
  fileprivate let color: Color

  fileprivate init(width: Int, height: Int, color: Color) {
    self.width = width
    self.height = height
    self.color = color
  }
}

public final class CGColorSpace {
  public static let sRGB = "kCGColorSpaceSRGB"

  public init?(name: String) {}
}

public enum CGImageAlphaInfo: UInt32 { case none, premultipliedLast }

public final class CGContext {
  private let pixels: UnsafeMutableRawPointer
  private let bytesPerRow: Int

  public init?(
    data: UnsafeMutableRawPointer?, width: Int, height: Int, bitsPerComponent: Int, bytesPerRow: Int, space: CGColorSpace,
    bitmapInfo: UInt32
  ) {
    guard let data, bitsPerComponent == 8, bitmapInfo == CGImageAlphaInfo.premultipliedLast.rawValue else { return nil }
    pixels = data
    self.bytesPerRow = bytesPerRow
  }

  public func draw(_ image: CGImage, in rect: CGRect) {
    for row in 0..<Int(rect.height) {
      for column in 0..<Int(rect.width) {
        for (channel, value) in image.color.channels.enumerated() {
          pixels.storeBytes(of: UInt8((value * 255).rounded()), toByteOffset: row * bytesPerRow + column * 4 + channel, as: UInt8.self)
        }
      }
    }
  }
}
