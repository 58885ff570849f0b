// What a generated module is made of. Plain data: cloned to be restored when an edit is taken back. References are ids.

export interface Model {
  /** Each refers to those before it; the previewed file is the last one. */
  files: SourceFile[];
  nextId: number;
}

export interface SourceFile {
  /** With `.swift`. */
  name: string;
  importsFoundation: boolean;
  members: Member[];
  /** The method or function that adds up what the file and its children in the tree of files have to say. */
  entry: number;
}

export type Member = Aggregate | Enum | Protocol | Generic | Extension | Method | Global;
export type NominalType = Aggregate | Enum;
/** What an id can stand for. */
export type Entity = Member | Field | Constant | Case;

export interface Aggregate {
  id: number;
  kind: 'struct' | 'class';
  name: string;
  summary: string;
  /** Of the initialiser's parameter, an Int that decides every field. */
  label: string;
  /** Of a class. */
  superclass?: number;
  derives: ('Hashable' | 'Codable')[];
  conformance?: Conformance;
  constants: Constant[];
  fields: Field[];
  methods: Method[];
}

export interface Field {
  id: number;
  kind: 'field';
  name: string;
  type: Scalar | { type: number };
  numbers: number[];
}

export type Scalar = 'Int' | 'Double' | 'String' | 'Bool' | '[Int]' | 'Int?';

/** `static let`. */
export interface Constant {
  id: number;
  kind: 'constant';
  name: string;
  value: number;
}

export interface Enum {
  id: number;
  kind: 'enum';
  name: string;
  summary: string;
  /** Raw values and `CaseIterable`, or associated values and a static function that makes one. */
  shape: 'raw' | 'payload';
  derives: ('Hashable' | 'Codable')[];
  cases: Case[];
  methods: Method[];
}

export interface Case {
  id: number;
  kind: 'case';
  name: string;
  number: number;
  payload?: 'Int' | 'String';
}

export interface Protocol {
  id: number;
  kind: 'protocol';
  name: string;
  summary: string;
  requirement: Method;
  /** In an extension of the protocol. */
  fallback: Method;
  /** A free function over an array of one conforming type. */
  total: Method;
}

/** A container of any type of element. */
export interface Generic {
  id: number;
  kind: 'generic';
  name: string;
  summary: string;
  limit: number;
  fold: Method;
}

export interface Extension {
  id: number;
  kind: 'extension';
  target: number;
  /** Only dynamic casts use it, so that the module compiles without it as well. */
  conformance?: Conformance & { present: boolean };
  methods: Method[];
}

export interface Conformance {
  protocol: number;
  witness: Method;
}

export interface Global {
  id: number;
  kind: 'global';
  name: string;
  shape: 'plain' | 'computed';
  value: number;
}

/** A function, method or computed property that adds numbers up. */
export interface Method {
  id: number;
  kind: 'method';
  role: 'plain' | 'entry' | 'requirement' | 'fallback' | 'total' | 'witness' | 'override' | 'fold';
  name: string;
  summary: string;
  /** It calls nothing but what has a lower level: nothing recurses, and no call costs much. */
  level: number;
  isProperty: boolean;
  isStatic: boolean;
  parameters: Parameter[];
  returns: 'Int' | 'Double' | 'String';
  /** The variable that it adds up in. */
  sum: string;
  start: Atom;
  statements: Statement[];
  /** `sum` times `factor` plus `offset`, modulo a prime: other numbers here are another result, whatever the statements do. */
  tail: { factor: number; offset: number; modulus: number };
  /** Whose name and parameters it has: a protocol's requirement or a method of a superclass. */
  like?: number;
}

export interface Parameter {
  id: number;
  label: string;
  name: string;
  default?: number;
}

/** Something that a statement reads an Int from; a parameter by its name, `rest` is what the sum so far leaves modulo a number. */
export type Atom = { number: number } | { rest: number } | { field: number } | { parameter: string } | { requirement: number };

export interface Statement {
  /** A key of the forms in statement-forms.cjs. */
  form: string;
  numbers: number[];
  word: string;
  atoms: Atom[];
  /** What it uses of this file and others: the form says in which order. */
  references: number[];
}
