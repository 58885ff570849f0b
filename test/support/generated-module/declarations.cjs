// Makes new declarations and statements, of names and numbers that nothing else has.

const { capitalized, labels, parameterNames, plainWord } = require('./names.cjs');
const { foundationForms, plainForms } = require('./statement-forms.cjs');
const { isScalar } = require('./uses.cjs');

/** @typedef {import('./lookup.cjs').Lookup} Lookup */
/** @typedef {import('./names.cjs').Names} Names */
/** @typedef {import('./random.cjs').Random} Random */
/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').SourceFile} SourceFile */
/** @typedef {import('./model.js').Aggregate} Aggregate */
/** @typedef {import('./model.js').Atom} Atom */
/** @typedef {import('./model.js').Method} Method */
/** @typedef {import('./model.js').NominalType} NominalType */
/** @typedef {import('./model.js').Statement} Statement */

/** @type {readonly import('./model.js').Scalar[]} */
const scalars = ['Int', 'Int', 'Double', 'String', 'Bool', '[Int]', 'Int?'];
const sums = ['total', 'sum', 'result', 'score', 'balance', 'outcome'];
const moduli = [999_983, 999_979, 999_961, 999_959, 999_953, 999_931, 999_917];

/** Makes declarations for one model. */
class Declarations {
  /** @type {Model} */
  #model;
  /** @type {Lookup} */
  #lookup;
  /** @type {Names} */
  #names;
  /** @type {Random} */
  #random;

  /** @param {Model} model @param {Lookup} lookup @param {Names} names @param {Random} random */
  constructor(model, lookup, names, random) {
    this.#model = model;
    this.#lookup = lookup;
    this.#names = names;
    this.#random = random;
  }

  /**
   * A method without statements.
   * @param {Partial<Method>} [more]
   * @returns {Method}
   */
  method(more = {}) {
    const random = this.#random;
    const isProperty = more.isProperty ?? false;
    return {
      id: this.#id(),
      kind: 'method',
      role: 'plain',
      name: isProperty ? this.#names.value(random) : this.#names.action(random),
      summary: this.#summary(),
      level: 0,
      isProperty,
      isStatic: false,
      parameters: isProperty ? [] : this.#parameters(random.integer(1, 2)),
      returns: 'Int',
      sum: random.pick(sums),
      start: { number: random.integer(2, 60) },
      statements: [],
      tail: { factor: random.integer(3, 60), offset: random.integer(10, 900), modulus: random.pick(moduli) },
      ...more,
    };
  }

  /** A statement that uses nothing but what the method has. @param {Method} method @param {NominalType} [type] @param {boolean} [foundation] */
  plainStatement(method, type, foundation = false) {
    const forms = Object.keys(foundation && this.#random.chance(0.4) ? foundationForms : plainForms);
    const written = new Set(method.statements.map(({ form }) => form));
    const fresh = forms.filter((form) => !written.has(form));
    return this.statement({ form: this.#random.pick(fresh.length > 0 ? fresh : forms), references: [] }, method, type);
  }

  /** @param {import('./uses.cjs').Use} use @param {Method} method @param {NominalType} [type] @returns {Statement} */
  statement({ form, references }, method, type) {
    const random = this.#random;
    return {
      form,
      numbers: Array.from({ length: 4 }, () => random.integer(2, 30)),
      word: plainWord(random),
      atoms: [this.#atom(method, type), this.#atom(method, type)],
      references,
    };
  }

  /** @param {Partial<import('./model.js').Field>} [more] @returns {import('./model.js').Field} */
  field(more = {}) {
    const random = this.#random;
    const numbers = [random.integer(2, 40), random.integer(2, 9)];
    return { id: this.#id(), kind: 'field', name: this.#names.value(random), type: random.pick(scalars), numbers, ...more };
  }

  /** @returns {import('./model.js').Constant} */
  constant() {
    return { id: this.#id(), kind: 'constant', name: this.#names.value(this.#random), value: this.#random.integer(3, 400) };
  }

  /** @returns {import('./model.js').Global} */
  global() {
    const random = this.#random;
    const shape = random.chance(0.5) ? 'plain' : 'computed';
    return { id: this.#id(), kind: 'global', name: this.#names.value(random), shape, value: random.integer(100, 9_000) };
  }

  /** @param {'struct' | 'class'} kind @param {Partial<Aggregate>} [more] @returns {Aggregate} */
  aggregate(kind, more = {}) {
    const random = this.#random;
    return {
      id: this.#id(),
      kind,
      name: this.#names.type(random),
      summary: this.#summary(),
      label: random.pick(labels),
      derives: [],
      constants: random.chance(0.5) ? [this.constant()] : [],
      fields: Array.from({ length: random.integer(2, 4) }, (_, index) => this.field(index === 0 ? { type: 'Int' } : {})),
      methods: [],
      ...more,
    };
  }

  /** @param {'raw' | 'payload'} shape @returns {import('./model.js').Enum} */
  enum(shape) {
    const random = this.#random;
    return {
      id: this.#id(),
      kind: 'enum',
      name: this.#names.type(random),
      summary: this.#summary(),
      shape,
      derives: shape === 'raw' ? ['Codable'] : ['Hashable', 'Codable'],
      cases: Array.from({ length: random.integer(3, 5) }, (_, index) => this.case(shape, index)),
      methods: [],
    };
  }

  /** @param {'raw' | 'payload'} shape @param {number} index @returns {import('./model.js').Case} */
  case(shape, index) {
    const random = this.#random;
    const payload = shape === 'raw' ? undefined : random.pick([undefined, /** @type {const} */ ('Int'), /** @type {const} */ ('String')]);
    return { id: this.#id(), kind: 'case', name: this.#names.value(random), number: index * 10 + random.integer(1, 9), payload };
  }

  /** @returns {import('./model.js').Protocol} */
  protocol() {
    const random = this.#random;
    const requirement = this.method({ role: 'requirement', isProperty: random.chance(0.5) });
    const start = { requirement: requirement.id };
    const parts = {
      requirement,
      fallback: this.method({ role: 'fallback', parameters: [], start }),
      total: this.method({ role: 'total', parameters: [] }),
    };
    return { id: this.#id(), kind: 'protocol', name: this.#names.protocol(random), summary: this.#summary(), ...parts };
  }

  /** @returns {import('./model.js').Generic} */
  generic() {
    const random = this.#random;
    const fold = this.method({ role: 'fold', parameters: [] });
    return { id: this.#id(), kind: 'generic', name: this.#names.type(random), summary: this.#summary(), limit: random.integer(2, 9), fold };
  }

  /** @param {import('./model.js').Protocol} protocol @returns {import('./model.js').Conformance} */
  conformance({ id, requirement }) {
    const witness = this.method({ role: 'witness', isProperty: requirement.isProperty, like: requirement.id, parameters: [] });
    return { protocol: id, witness };
  }

  /** @param {number} target @param {Partial<import('./model.js').Extension>} more @returns {import('./model.js').Extension} */
  extension(target, more) {
    return { id: this.#id(), kind: 'extension', target, methods: [], ...more };
  }

  /** @param {readonly string[]} taken @param {number} [value] the default @returns {import('./model.js').Parameter} */
  parameter(taken, value) {
    const random = this.#random;
    const name = random.pick(parameterNames.filter((candidate) => !taken.includes(candidate)));
    const label = random.pick(['_', name, name, 'for', 'with', 'by']);
    return { id: this.#id(), label, name, default: value };
  }

  /** @param {number} count */
  #parameters(count) {
    /** @type {import('./model.js').Parameter[]} */
    const parameters = [];
    while (parameters.length < count) parameters.push(this.parameter(parameters.map(({ name }) => name)));
    return parameters;
  }

  /** Something to read: a field, a parameter, or the sum so far. @param {Method} method @param {NominalType} [type] @returns {Atom} */
  #atom(method, type) {
    const random = this.#random;
    const fields = type === undefined || method.isStatic ? [] : this.#lookup.fieldsOf(type).filter(isScalar);
    /** @type {Atom[]} */
    const atoms = [
      ...fields.map(({ id }) => ({ field: id })),
      ...this.#lookup.parametersOf(method).map(({ name }) => ({ parameter: name })),
    ];
    return atoms.length > 0 ? random.pick(atoms) : { rest: random.integer(30, 99) };
  }

  #summary() {
    const random = this.#random;
    const [first, second, third] = [plainWord(random), plainWord(random), plainWord(random)];
    const shape = random.pick([
      `What a ${first} means for the ${second} of a ${third}.`,
      `The ${first} of each ${second}, before ${third}.`,
      `Keeps ${first} and ${second} apart, with ${third} in mind.`,
      `${capitalized(first)} by ${second}, for one ${third} at a time.`,
      `How much ${first} a ${second} takes from its ${third}.`,
    ]);
    return shape;
  }

  #id() {
    this.#model.nextId += 1;
    return this.#model.nextId;
  }
}

module.exports = { Declarations, moduli };
