#include "swift_grammar.h"

#include "llvm/ADT/StringSwitch.h"

#include <cstring>

using llvm::StringRef;

// NOLINTNEXTLINE(readability-identifier-naming): the name is the grammar's.
extern "C" const TSLanguage *tree_sitter_swift();

namespace hotswift {
namespace {

NodeKind kindOfName(StringRef Name) {
  return llvm::StringSwitch<NodeKind>(Name)
      .Cases({"statements", "do_statement", "switch_statement", "assignment",
              "control_transfer_statement"},
             NodeKind::Plain)
      .Cases({"additive_expression", "multiplicative_expression",
              "infix_expression", "bitwise_operation", "equality_expression",
              "nil_coalescing_expression", "range_expression",
              "open_start_range_expression", "open_end_range_expression",
              "as_expression", "check_expression", "try_expression",
              "await_expression"},
             NodeKind::Plain)
      .Cases({"value_parameter_pack", "value_pack_expansion",
              "interpolated_expression", "raw_str_interpolation"},
             NodeKind::Plain)

      .Case("source_file", NodeKind::SourceFile)
      .Cases({"class_body", "enum_class_body", "protocol_body"},
             NodeKind::TypeBody)
      .Cases({"class_declaration", "protocol_declaration"},
             NodeKind::TypeDeclaration)
      .Cases({"function_declaration", "protocol_function_declaration",
              "init_declaration", "deinit_declaration",
              "subscript_declaration"},
             NodeKind::Callable)
      .Cases({"property_declaration", "protocol_property_declaration"},
             NodeKind::Property)
      .Case("function_body", NodeKind::FunctionBody)
      .Cases({"computed_property", "willset_didset_block"},
             NodeKind::AccessorBlock)
      .Cases({"computed_getter", "computed_setter", "computed_modify",
              "willset_clause", "didset_clause"},
             NodeKind::Accessor)
      .Case("enum_entry", NodeKind::EnumCase)
      .Cases({"parameter", "lambda_parameter"}, NodeKind::Parameter)
      .Case("attribute", NodeKind::Attribute)
      .Case("modifiers", NodeKind::Modifiers)

      .Cases({"if_statement", "guard_statement", "while_statement",
              "repeat_while_statement"},
             NodeKind::Conditional)
      .Case("for_statement", NodeKind::For)
      .Case("switch_entry", NodeKind::SwitchCase)
      .Case("catch_block", NodeKind::Catch)
      .Case("where_clause", NodeKind::Where)
      .Cases({"pattern", "switch_pattern"}, NodeKind::Pattern)
      .Cases({"directive", "diagnostic", "availability_condition"},
             NodeKind::Directive)
      .Cases({"macro_invocation", "macro_declaration", "playground_literal"},
             NodeKind::Macro)
      .Cases({"key_path_expression", "key_path_string_expression",
              "selector_expression"},
             NodeKind::KeyPath)
      .Cases({"type_annotation", "user_type", "type_arguments", "tuple_type",
              "tuple_type_item", "function_type", "array_type",
              "dictionary_type", "optional_type", "metatype", "opaque_type"},
             NodeKind::Type)
      .Cases({"existential_type", "type_parameter_pack", "type_pack_expansion",
              "protocol_composition_type", "type_parameters",
              "type_constraints", "inheritance_specifier",
              "lambda_function_type"},
             NodeKind::Type)
      .Case("capture_list", NodeKind::Captures)

      .Cases({"navigation_expression", "postfix_expression"}, NodeKind::Chain)
      .Cases({"call_expression", "constructor_expression"}, NodeKind::Call)
      .Cases({"call_suffix", "constructor_suffix"}, NodeKind::CallSuffix)
      .Case("value_arguments", NodeKind::Arguments)
      .Case("value_argument", NodeKind::Argument)
      .Case("navigation_suffix", NodeKind::Member)
      .Case("prefix_expression", NodeKind::Prefix)
      .Cases({"conjunction_expression", "disjunction_expression"},
             NodeKind::Logical)
      .Case("ternary_expression", NodeKind::Ternary)
      .Case("comparison_expression", NodeKind::Comparison)
      .Case("tuple_expression", NodeKind::Tuple)
      .Cases({"array_literal", "dictionary_literal"}, NodeKind::Collection)
      .Case("lambda_literal", NodeKind::Closure)
      .Case("directly_assignable_expression", NodeKind::AssignmentTarget)

      .Cases({"integer_literal", "hex_literal", "oct_literal", "bin_literal"},
             NodeKind::Integer)
      .Case("real_literal", NodeKind::Float)
      .Case("boolean_literal", NodeKind::Boolean)
      .Case("line_string_literal", NodeKind::LineString)
      .Case("multi_line_string_literal", NodeKind::MultiLineString)
      .Case("raw_string_literal", NodeKind::RawString)
      .Case("regex_literal", NodeKind::Regex)

      .Case("catch_keyword", NodeKind::CatchKeyword)
      .Case("where_keyword", NodeKind::WhereKeyword)
      .Default(NodeKind::Unknown);
}

NodeKind kindOfToken(StringRef Text) {
  return llvm::StringSwitch<NodeKind>(Text)
      .Case("case", NodeKind::CaseKeyword)
      .Case("for", NodeKind::ForKeyword)
      .Case("in", NodeKind::InKeyword)
      .Case("=", NodeKind::EqualSign)
      .Case(":", NodeKind::Colon)
      .Case("{", NodeKind::OpenBrace)
      .Default(NodeKind::Token);
}

} // namespace

const SwiftGrammar &SwiftGrammar::get() {
  static const SwiftGrammar Only;
  return Only;
}

SwiftGrammar::SwiftGrammar() : Language(tree_sitter_swift()) {
  const uint32_t Count = ts_language_symbol_count(Language);
  Kinds.reserve(Count);
  for (uint32_t I = 0; I < Count; ++I) {
    const auto Symbol = static_cast<TSSymbol>(I);
    const StringRef Name = ts_language_symbol_name(Language, Symbol);
    const bool HasName =
        ts_language_symbol_type(Language, Symbol) == TSSymbolTypeRegular;
    Kinds.push_back(HasName ? kindOfName(Name) : kindOfToken(Name));
  }
  Condition = field("condition");
  DefaultValue = field("default_value");
  OperatorSign = field("op");
}

TSFieldId SwiftGrammar::field(const char *Name) const {
  return ts_language_field_id_for_name(Language, Name,
                                       static_cast<uint32_t>(strlen(Name)));
}

NodeKind SwiftGrammar::kindOf(TSNode Node) const {
  if (ts_node_is_null(Node) || ts_node_is_missing(Node))
    return NodeKind::Error;
  const TSSymbol Symbol = ts_node_symbol(Node);
  // The symbol of errors is none of the language's.
  if (Symbol >= Kinds.size())
    return NodeKind::Error;
  return Kinds[Symbol];
}

} // namespace hotswift
