// C's own, which no module is imported for: that would slow down every compile of a preview.

/// A mutex. Not to be nested.
final class Lock: @unchecked Sendable {
  /// A `pthread_mutex_t` has 64 bytes at most.
  static let size = 64

  private let mutex = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)

  init() {
    _ = makeMutex(mutex, nil)
  }

  deinit {
    mutex.deallocate()
  }

  func locked<Result>(_ body: () -> Result) -> Result {
    _ = lockMutex(mutex)
    defer { _ = unlockMutex(mutex) }
    return body()
  }
}

@_silgen_name("pthread_mutex_init")
func makeMutex(_ mutex: UnsafeMutableRawPointer, _ attributes: UnsafeRawPointer?) -> Int32

@_silgen_name("pthread_mutex_lock")
func lockMutex(_ mutex: UnsafeMutableRawPointer) -> Int32

@_silgen_name("pthread_mutex_unlock")
func unlockMutex(_ mutex: UnsafeMutableRawPointer) -> Int32
