/// A value that outlives the code that made it: it stays when its file is edited and when the process that runs it is replaced.
///
/// ```swift
/// Preview("Counter") {
///   @Persisted("count") var count = 0
///   count += 1
///   return SVG(text("drawn \(count) times"))
/// }
/// ```
///
/// For local variables and for properties of instances; where a file is compiled as Swift 5, also for static ones. All that have one key have one value, in
/// whatever file they are; what is no part of an agent's last answer before it crashes is lost. A value goes from the code of one edit to that of the
/// next as it is if its type is the same, and by way of `Codable` otherwise: if the new type cannot be decoded from the old one, it starts anew. A session's
/// `reload({ fresh: true })` starts all of them anew. Reading and writing are safe on any thread, doing one after the other is not atomic.
@propertyWrapper
public struct Persisted<Value: Codable & Sendable>: Sendable {
  private let key: String
  private let initial: Value

  /// - Parameter key: what the value is kept under.
  public init(wrappedValue: Value, _ key: String) {
    self.key = key
    initial = wrappedValue
  }

  public var wrappedValue: Value {
    get { PersistedStore.shared.value(of: key) ?? initial }
    nonmutating set { PersistedStore.shared.set(newValue, for: key) }
  }
}

/// The values of all `@Persisted` variables of this process.
final class PersistedStore: @unchecked Sendable {
  static let shared = PersistedStore()

  /// A value as it was set, or as it came from another process.
  private enum Content: Sendable {
    case live(any Codable & Sendable)
    case encoded(PersistedNode)
  }

  private let lock = Lock()
  private var contents: [String: Content] = [:]
  private var isChanged = false

  func value<Value: Codable & Sendable>(of key: String) -> Value? {
    let content = lock.locked { contents[key] }
    // No code of the user's runs under the lock.
    switch content {
    case nil: return nil
    case .live(let live):
      if let value = live as? Value { return value }
      return converted(try? PersistedNode(encoding: live), for: key)
    case .encoded(let node): return converted(node, for: key)
    }
  }

  func set<Value: Codable & Sendable>(_ value: Value, for key: String) {
    lock.locked {
      contents[key] = .live(value)
      isChanged = true
    }
  }

  private func converted<Value: Codable & Sendable>(_ node: PersistedNode?, for key: String) -> Value? {
    guard let node, let value = try? node.decoded(as: Value.self) else { return nil }
    lock.locked { contents[key] = .live(value) }
    return value
  }

  /// Everything there is, if something was set since this was called last. What cannot be encoded is left out.
  func takeChanges() -> [UInt8]? {
    let changed = lock.locked {
      defer { isChanged = false }
      return isChanged ? contents : nil
    }
    guard let changed else { return nil }
    let fields = changed.compactMap { key, content -> (key: String, node: PersistedNode)? in
      switch content {
      case .live(let value): (try? PersistedNode(encoding: value)).map { (key, $0) }
      case .encoded(let node): (key, node)
      }
    }
    return PersistedNode.record(fields).bytes
  }

  /// Forgets everything and takes over what another process had.
  func replace(with bytes: UnsafeRawBufferPointer) {
    guard case .record(let fields)? = PersistedNode(bytes: bytes) else { return }
    let taken = Dictionary(fields.map { ($0.key, Content.encoded($0.node)) }) { $1 }
    lock.locked {
      contents = taken
      isChanged = false
    }
  }
}

// The C interface through which the addon carries values from process to process. native/state_interface.h declares the same functions: the two
// files are one interface and change together. Any thread may call them.

/// Calls `emit` with all values if some have changed since it was called last. What it is given is valid for the length of the call.
@_cdecl("hotswift_take_state")
public func takeState(
  context: UnsafeMutableRawPointer?,
  emit: @convention(c) (_ context: UnsafeMutableRawPointer?, _ bytes: UnsafePointer<UInt8>?, _ length: Int) -> Void
) {
  PersistedStore.shared.takeChanges()?.withUnsafeBufferPointer { emit(context, $0.baseAddress, $0.count) }
}

@_cdecl("hotswift_restore_state")
public func restoreState(bytes: UnsafeRawPointer?, length: Int) {
  PersistedStore.shared.replace(with: UnsafeRawBufferPointer(start: bytes, count: length))
}
