#include "errors.h"

#include "llvm/ADT/Twine.h"
#include "llvm/Support/raw_ostream.h"

namespace hotswift {

char EngineError::ID = 0;

void EngineError::log(llvm::raw_ostream &OS) const { OS << Message; }

std::error_code EngineError::convertToErrorCode() const {
  return llvm::inconvertibleErrorCode();
}

llvm::Error makeError(ErrorKind Kind, const llvm::Twine &Message,
                      std::vector<std::string> Symbols) {
  return llvm::make_error<EngineError>(Kind, Message.str(), std::move(Symbols));
}

llvm::StringRef kindName(ErrorKind Kind) {
  switch (Kind) {
  case ErrorKind::Object:
    return "object";
  case ErrorKind::Library:
    return "library";
  case ErrorKind::Symbols:
    return "symbols";
  case ErrorKind::Link:
    return "link";
  case ErrorKind::Script:
    return "script";
  case ErrorKind::Missing:
    return "missing";
  case ErrorKind::Preview:
    return "preview";
  case ErrorKind::Source:
    return "source";
  case ErrorKind::System:
    return "system";
  }
  llvm_unreachable("every kind has its name");
}

} // namespace hotswift
