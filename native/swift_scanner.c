// tree-sitter-swift's scanner, and what it leaves undone: its state is the
// number of `#` of the raw string that the lexer is in, for which it allocates
// no room, and which it keeps when the parser goes back to where none was
// known. Trees would depend on what was in the heap before.

#include <stddef.h>
// Before the macro: it also declares the function.
#include <stdlib.h>

static void *allocateOne(size_t Count, size_t Size) {
  (void)Count;
  return calloc(1, Size);
}

#define calloc allocateOne
#define tree_sitter_swift_external_scanner_deserialize restoreKnownState
#include "scanner.c"
#undef tree_sitter_swift_external_scanner_deserialize
#undef calloc

void tree_sitter_swift_external_scanner_deserialize(void *State,
                                                    const char *Buffer,
                                                    unsigned Length) {
  if (Length == 0)
    tree_sitter_swift_external_scanner_reset(State);
  else
    restoreKnownState(State, Buffer, Length);
}
