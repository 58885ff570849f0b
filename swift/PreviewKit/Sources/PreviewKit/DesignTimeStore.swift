/// What literals are to be, and how they were read.
///
/// Reading takes no lock, apart from a literal's first read of an epoch and reads inside initialisers of globals. No code of the user's runs
/// under the lock.
public enum DesignTimeStore {
  /// Literals have numbers from 1 up to this, exclusively; lib/edit/literals.ts knows it, too.
  public static let capacity = 1 << 18

  /// Whether a literal was read in this epoch and has the value it was compiled with: nothing is left to be done. This call is all that such
  /// a read costs, and costs less than the comparison would, if it were inlined where nothing is optimised.
  @inline(never)
  public static func isSettled(_ id: Int) -> Bool {
    guard let states else { return false }
    return states[id] == states[0]
  }

  @inline(never)
  public static func readInteger<T: ExpressibleByIntegerLiteral>(_ id: Int, _ literal: T) -> T {
    read(id, literal) { $0.integer() }
  }

  @inline(never)
  public static func readFloat<T: ExpressibleByFloatLiteral>(_ id: Int, _ literal: T) -> T {
    read(id, literal) { $0.float() }
  }

  @inline(never)
  public static func readBoolean<T: ExpressibleByBooleanLiteral>(_ id: Int, _ literal: T) -> T {
    read(id, literal) { $0.boolean() }
  }

  @inline(never)
  public static func readString<T: ExpressibleByStringLiteral>(_ id: Int, _ literal: T) -> T {
    read(id, literal) { $0.string() }
  }

  @inline(never)
  public static func readCharacter<T: ExpressibleByExtendedGraphemeClusterLiteral>(_ id: Int, _ literal: T) -> T {
    read(id, literal) { $0.character() }
  }

  @inline(never)
  public static func readScalar<T: ExpressibleByUnicodeScalarLiteral>(_ id: Int, _ literal: T) -> T {
    read(id, literal) { $0.scalar() }
  }

  @inline(__always)
  private static func read<T>(_ id: Int, _ literal: T, _ convert: (LiteralText) -> LiteralConversion<T>) -> T {
    guard let override = noteRead(id) else { return literal }
    let type = unsafeBitCast(T.self as Any.Type, to: UnsafeRawPointer.self)
    var known = override.pointee.cells
    while let cell = known, cell.pointee.type != type { known = cell.pointee.next }
    let cell = known ?? override.addCell(type, convert)
    switch cell.pointee.content {
    case .value: return cell.pointee.payload.assumingMemoryBound(to: T.self).pointee
    case .recipe: return cell.pointee.payload.assumingMemoryBound(to: (() -> T).self).pointee()
    case .nothing:
      override.pointee.isRefused = true
      return literal
    }
  }

  /// Marks a literal as read, and returns what it is to be instead.
  private static func noteRead(_ id: Int) -> UnsafeMutablePointer<LiteralOverride>? {
    let table = Table.shared
    let slot = table.slots + id
    if let override = slot.pointee.override {
      table.note(slot)
      return override
    }
    return table.locked {
      table.note(slot)
      // It may have been given one meanwhile, which the state must not hide.
      if slot.pointee.override == nil { table.states[id] = table.common.pointee.epoch }
      return slot.pointee.override
    }
  }

  // What the host asks for, see LiteralInterface.swift.

  /// From now on, no literal counts as read in this epoch.
  static func beginEpoch() {
    let table = Table.shared
    table.locked {
      let common = table.common
      common.pointee.epoch += 1
      if common.pointee.epoch == unmatched {
        // No state of the former round may match one of the next.
        table.states.update(repeating: 0, count: capacity)
        for id in 1..<capacity where table.slots[id].lastRead != 0 { table.slots[id].lastRead = 0 }
        common.pointee.epoch = 1
      }
      table.showEpoch()
    }
  }

  /// Of these literals nothing is known any more.
  static func reset(_ ids: Range<Int>) {
    let table = Table.shared
    table.locked {
      for id in ids {
        publish(nil, at: &table.slots[id].override)
        table.slots[id] = Slot()
        table.states[id] = 0
      }
    }
  }

  /// These literals have these values, or their own where there is none. What was set shortly before is used again, with all that reads have
  /// made of it. Others stay as they are: they may be another session's.
  static func set(_ values: [(id: Int, literal: LiteralText?)]) {
    let table = Table.shared
    table.locked {
      for (id, literal) in values {
        let override = literal.map { table.override(of: id, $0) }
        override?.pointee.isRefused = false
        publish(override, at: &table.slots[id].override)
        // Last: who finds the state changed finds the override.
        table.states[id] = 0
      }
    }
  }

  struct Reads {
    var isRead: Bool
    var wasRead: Bool
    var isTainted: Bool
    var isRefused: Bool
  }

  static func reads(of id: Int) -> Reads {
    let table = Table.shared
    let slot = table.slots[id]
    return table.locked {
      Reads(
        isRead: slot.lastRead == table.common.pointee.epoch, wasRead: slot.wasRead, isTainted: slot.isTainted,
        isRefused: slot.override?.pointee.isRefused ?? false)
    }
  }

  /// What runs between these two initialises a global. Its reads taint literals, as may those of other threads meanwhile: they may be on its
  /// behalf. All reads are noted then, also of literals that were read in this epoch before.
  static func beginInitialiser() {
    let table = Table.shared
    table.locked {
      table.common.pointee.initialisers += 1
      table.showEpoch()
    }
  }

  static func endInitialiser() {
    let table = Table.shared
    table.locked {
      table.common.pointee.initialisers -= 1
      table.showEpoch()
    }
  }
}

/// `states[id]` is the epoch in which a literal was last read with the value it was compiled with, or 0; `states[0]` is the epoch, or
/// `unmatched`. Checks of exclusivity would make a read four times slower.
@exclusivity(unchecked)
private var states: UnsafeMutablePointer<UInt32>?

/// In the place of the epoch: no literal is settled.
private let unmatched = UInt32.max

/// What is known of a literal. All zeros at first.
private struct Slot {
  var override: UnsafeMutablePointer<LiteralOverride>?
  /// Every one that was made for it, the newest first.
  var overrides: UnsafeMutablePointer<LiteralOverride>?
  /// The epoch of the last read, or 0.
  var lastRead: UInt32 = 0
  // Bytes of their own: threads set them without a lock.
  var wasRead = false
  var isTainted = false
}

/// The memory of the store: one block, made when it is first needed. Parts that nobody uses are never backed by the system.
private struct Table {
  let states: UnsafeMutablePointer<UInt32>

  var slots: UnsafeMutablePointer<Slot> {
    UnsafeMutableRawPointer(states + DesignTimeStore.capacity).assumingMemoryBound(to: Slot.self)
  }

  var common: UnsafeMutablePointer<Common> {
    UnsafeMutableRawPointer(slots + DesignTimeStore.capacity).assumingMemoryBound(to: Common.self)
  }

  private var mutex: UnsafeMutableRawPointer { UnsafeMutableRawPointer(common + 1) }

  struct Common {
    /// From 1 to `unmatched`, exclusively.
    var epoch: UInt32 = 1
    /// How many initialisers of globals are under way, on all threads.
    var initialisers = 0
  }

  static var shared: Table { Table(states: PreviewKit.states ?? make()) }

  @inline(never)
  private static func make() -> UnsafeMutablePointer<UInt32> {
    let capacity = DesignTimeStore.capacity
    let size = capacity * (MemoryLayout<UInt32>.stride + MemoryLayout<Slot>.stride) + MemoryLayout<Common>.stride + Lock.size
    guard let block = calloc(1, size) else { fatalError("there is no memory for the values of literals") }
    let table = Table(states: block.bindMemory(to: UInt32.self, capacity: capacity))
    table.common.initialize(to: Common())
    _ = makeMutex(table.mutex, nil)
    table.showEpoch()
    var former: UnsafeMutablePointer<UInt32>?
    if _stdlib_atomicCompareExchangeStrongPtr(object: &PreviewKit.states, expected: &former, desired: table.states) { return table.states }
    // Another thread was faster. This is C's `free`, which cannot be declared next to Foundation's: the compiler takes the two for one function.
    block.deallocate()
    return former ?? table.states
  }

  /// Not to be nested; `body` runs no code of the user's.
  func locked<Result>(_ body: () -> Result) -> Result {
    _ = lockMutex(mutex)
    defer { _ = unlockMutex(mutex) }
    return body()
  }

  func showEpoch() {
    states[0] = common.pointee.initialisers == 0 ? common.pointee.epoch : unmatched
  }

  func note(_ slot: UnsafeMutablePointer<Slot>) {
    let epoch = common.pointee.epoch
    if slot.pointee.lastRead != epoch {
      slot.pointee.lastRead = epoch
      slot.pointee.wasRead = true
    }
    if common.pointee.initialisers != 0 { slot.pointee.isTainted = true }
  }

  /// The literal's override with this value: one of the last few, or a new one. Who turns a dial gives it thousands.
  func override(of id: Int, _ literal: LiteralText) -> UnsafeMutablePointer<LiteralOverride> {
    var known = slots[id].overrides
    for _ in 0..<8 {
      guard let old = known else { break }
      if old.pointee.literal.isSame(as: literal) { return old }
      known = old.pointee.older
    }
    let made = UnsafeMutablePointer<LiteralOverride>.allocate(capacity: 1)
    made.initialize(to: LiteralOverride(literal: literal, older: slots[id].overrides))
    slots[id].overrides = made
    return made
  }
}

/// C's own, which no module is imported for: that would slow down every compile of a preview.
@_silgen_name("calloc")
private func calloc(_ count: Int, _ size: Int) -> UnsafeMutableRawPointer?
