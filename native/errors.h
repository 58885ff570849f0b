#pragma once

#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace hotswift {

/// What the engine says went wrong, in terms that the TypeScript side maps to a
/// HotswiftError.
enum class ErrorKind {
  Object,  ///< an input is not an object file that can be linked here
  Library, ///< a shared library could not be found or loaded
  Symbols, ///< symbols are defined nowhere
  Link,    ///< anything else that JITLink or ORC refused
  Script,  ///< code reaches variables of main.swift, which nothing initialises
  Missing, ///< a generation, an object or a function that does not exist
  Preview, ///< a preview threw, or is not there when it is drawn
  Source,  ///< a source could not be parsed
  System,  ///< the system has no thread or descriptor left for it
};

class EngineError : public llvm::ErrorInfo<EngineError> {
public:
  static char ID;

  EngineError(ErrorKind Kind, std::string Message,
              std::vector<std::string> Symbols = {})
      : Kind(Kind), Message(std::move(Message)), Symbols(std::move(Symbols)) {}

  void log(llvm::raw_ostream &OS) const override;
  std::error_code convertToErrorCode() const override;

  ErrorKind kind() const { return Kind; }
  const std::string &text() const { return Message; }
  /// Linker names of what is defined nowhere, sorted: for ErrorKind::Symbols,
  /// and for ErrorKind::Library if that is why a library is needed. For
  /// ErrorKind::Script the variables, in the order of the file.
  const std::vector<std::string> &symbols() const { return Symbols; }

private:
  ErrorKind Kind;
  std::string Message;
  std::vector<std::string> Symbols;
};

llvm::Error makeError(ErrorKind Kind, const llvm::Twine &Message,
                      std::vector<std::string> Symbols = {});

/// The stable word for a kind; lib/reload/native.ts lists the same words.
llvm::StringRef kindName(ErrorKind Kind);

} // namespace hotswift
