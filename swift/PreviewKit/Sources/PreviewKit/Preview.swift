/// A type whose `previews` hotswift lists and draws.
///
/// Every non-generic conformance in the previewed file is found, wherever it is declared; the type is never instantiated.
///
/// ```swift
/// struct Card_Previews: PreviewProvider {
///   static var previews: [Preview] {
///     Preview("Light", width: 320, height: 200) { context in SVG(card(for: context.traits)) }
///   }
/// }
/// ```
// What is optimised keeps no type that nothing names, and nothing names these: they are looked for at run time.
@_alwaysEmitConformanceMetadata
@MainActor
public protocol PreviewProvider {
  /// The previews of this provider, in the order in which they are listed. Evaluated anew for every picture.
  @PreviewBuilder static var previews: [Preview] { get }
}

/// One picture of a file: a name, an optional size, and a closure that draws.
public struct Preview {
  /// Shown in lists and accepted by `session.snapshot({ preview })`. Need not be unique; a name that is not can only be reached by index.
  public let name: String
  /// Width in points; `nil` takes the content's own width.
  public let width: Int?
  /// Height in points; `nil` takes the content's own height.
  public let height: Int?
  /// The 1-based line of the file on which the preview is declared.
  public let line: Int

  let drawing: PreviewDrawing

  /// A preview that depends on the size, the scale or the traits it is drawn with.
  public init<Content: PreviewContent>(
    _ name: String = "Preview", width: Int? = nil, height: Int? = nil, line: Int = #line,
    content: @escaping @MainActor (PreviewContext) throws -> Content
  ) {
    self.init(name, width, height, line, .immediate(content))
  }

  /// A preview that always draws the same.
  public init<Content: PreviewContent>(
    _ name: String = "Preview", width: Int? = nil, height: Int? = nil, line: Int = #line,
    content: @escaping @MainActor () throws -> Content
  ) {
    self.init(name, width, height, line, .immediate { _ in try content() })
  }

  /// A preview that waits for something before it draws. The main actor is free while it waits.
  public init<Content: PreviewContent>(
    _ name: String = "Preview", width: Int? = nil, height: Int? = nil, line: Int = #line,
    content: @escaping @MainActor (PreviewContext) async throws -> Content
  ) {
    self.init(name, width, height, line, .suspending(content))
  }

  /// A preview that waits for something before it draws, and always draws the same. The main actor is free while it waits.
  public init<Content: PreviewContent>(
    _ name: String = "Preview", width: Int? = nil, height: Int? = nil, line: Int = #line,
    content: @escaping @MainActor () async throws -> Content
  ) {
    self.init(name, width, height, line, .suspending { _ in try await content() })
  }

  private init(_ name: String, _ width: Int?, _ height: Int?, _ line: Int, _ drawing: PreviewDrawing) {
    self.name = name
    self.width = width
    self.height = height
    self.line = line
    self.drawing = drawing
  }
}

/// The closure of a preview. One that does not suspend is called where it is: a task would wait for the main queue first.
enum PreviewDrawing {
  case immediate(@MainActor (PreviewContext) throws -> any PreviewContent)
  case suspending(@MainActor (PreviewContext) async throws -> any PreviewContent)
}

/// Collects the previews of a `PreviewProvider`: one after the other, in arrays, under `if`, in `for`.
@resultBuilder
public enum PreviewBuilder {
  public static func buildExpression(_ preview: Preview) -> [Preview] { [preview] }
  public static func buildExpression(_ previews: [Preview]) -> [Preview] { previews }
  public static func buildBlock(_ parts: [Preview]...) -> [Preview] { parts.flatMap { $0 } }
  public static func buildArray(_ parts: [[Preview]]) -> [Preview] { parts.flatMap { $0 } }
  public static func buildOptional(_ part: [Preview]?) -> [Preview] { part ?? [] }
  public static func buildEither(first part: [Preview]) -> [Preview] { part }
  public static func buildEither(second part: [Preview]) -> [Preview] { part }
  public static func buildLimitedAvailability(_ part: [Preview]) -> [Preview] { part }
}
