/// What has to be done before anything is drawn: opening a database, registering a font.
///
/// `setUp` of every type in the module that conforms, wherever that is said, runs before the first preview is listed: once for each edit that is compiled, since
/// the new code has variables of its own, and once in each process that takes over. What is to be done once in a process has to see to that itself. If it
/// throws, the session says so in a warning, and previews are drawn without it.
///
/// ```swift
/// enum Setup: PreviewSetup {
///   static func setUp() throws { try Fonts.register() }
/// }
/// ```
@MainActor
public protocol PreviewSetup {
  static func setUp() async throws
}

// The C interface through which the addon has this done; see AgentInterface.swift.

/// Calls `setUp` of each type in turn, and then `complete`, exactly once, on the main actor: after this has returned. It is given
/// what was thrown, NUL-terminated and for the length of the call, or `nil`.
@_cdecl("hotswift_set_up")
@MainActor
public func setUp(
  types: UnsafeRawPointer, count: Int, context: UnsafeMutableRawPointer?,
  complete: @escaping @convention(c) (_ context: UnsafeMutableRawPointer?, _ failures: UnsafePointer<CChar>?) -> Void
) {
  let types = conformingTypes(types, count: count).map { unsafeBitCast($0, to: (any PreviewSetup.Type).self) }
  let answer = SetUpAnswer(context: context, complete: complete)
  Task { @MainActor in
    var failures: [String] = []
    for type in types {
      do {
        try await type.setUp()
      } catch {
        failures.append("\(type).setUp threw \(error)")
      }
    }
    answer.send(failures)
  }
}

private struct SetUpAnswer: @unchecked Sendable {
  let context: UnsafeMutableRawPointer?
  let complete: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?) -> Void

  func send(_ failures: [String]) {
    if failures.isEmpty { return complete(context, nil) }
    failures.joined(separator: "; ").withCString { complete(context, $0) }
  }
}
