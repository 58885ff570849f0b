// LLVM's allocators mark what they have not handed out yet, where they are
// compiled with AddressSanitizer: in the headers that the fuzzers include, but
// not in LLVM's libraries, which work with the same memory.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the name is the sanitizer's.
extern "C" const char *__asan_default_options() {
  return "allow_user_poisoning=0";
}
