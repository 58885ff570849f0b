// From a method of the model to its Swift text.

const { forms } = require('./statement-forms.cjs');
const { parameterNames } = require('./names.cjs');

/** @typedef {import('./lookup.cjs').Lookup} Lookup */
/** @typedef {import('./model.js').Method} Method */
/** @typedef {import('./model.js').Statement} Statement */
/** @typedef {import('./model.js').Atom} Atom */
/** @typedef {import('./model.js').Field} Field */
/** @typedef {import('./model.js').NominalType} NominalType */

/**
 * The lines of a method, function or computed property.
 * @param {Lookup} lookup
 * @param {Method} method
 * @param {{ before?: string[], modifiers?: string, generic?: string, first?: string }} [more] lines before the statements, what stands before
 *   `func`, generic parameters, a first parameter
 */
function methodLines(lookup, method, { before = [], modifiers = '', generic = '', first } = {}) {
  return [
    `/// ${method.summary}`,
    `${modifiers}${method.isStatic ? 'static ' : ''}${headOf(lookup, method, generic, first)} {`,
    ...bodyLines(lookup, method, before).map((line) => `  ${line}`),
    '}',
  ];
}

/** The declaration up to its body. @param {Lookup} lookup @param {Method} method @param {string} generic @param {string} [first] */
function headOf(lookup, method, generic = '', first = undefined) {
  const { name, isProperty, parameters } = lookup.signatureOf(method);
  if (isProperty) return `var ${name}: ${method.returns}`;
  const list = parameters.map(
    ({ label, name, default: value }) => `${label === name ? name : `${label} ${name}`}: Int${value === undefined ? '' : ` = ${value}`}`,
  );
  return `func ${name}${generic}(${[...(first === undefined ? [] : [first]), ...list].join(', ')}) -> ${method.returns}`;
}

/** @param {Lookup} lookup @param {Method} method @param {string[]} before */
function bodyLines(lookup, method, before) {
  const { sum, start, statements, tail } = method;
  const used = new Set([...parameterNames, sum]);
  const isVariable = statements.length + before.length > 0;
  return [
    `${isVariable ? 'var' : 'let'} ${sum} = ${atomText(lookup, method, start)}`,
    ...before,
    ...statements.flatMap((statement) => statementLines(lookup, method, statement, used)),
    `return ${returned(method, `(${sum} * ${tail.factor} + ${tail.offset}) % ${tail.modulus}`)}`,
  ];
}

/** @param {Lookup} lookup @param {Method} method @param {Statement} statement @param {Set<string>} used */
function statementLines(lookup, method, { form, numbers, word, atoms, references }, used) {
  const refs = references.map((reference) => lookup.entity(reference));
  const seed = (/** @type {number} */ index) =>
    (numbers[index] + index) % 3 === 0 ? `${method.sum} % ${numbers[index]}` : String(numbers[index] + index);
  /** @type {import('./statement-forms.cjs').Writing} */
  const writing = {
    sum: method.sum,
    n: numbers,
    a: atomText(lookup, method, atoms[0]),
    b: atomText(lookup, method, atoms[1]),
    word,
    refs,
    local: (base) => freshLocal(base, used),
    returned: (result) => returned(method, result),
    instance: (type, index) => instanceOf(type, seed(index)),
    call: (callee, index, subject) => callText(lookup, method, callee, numbers, seed(index), subject),
    read: (field, subject) => readText(field, `${subject}.${field.name}`),
    isMemberOf: refs.length > 0 && !method.isStatic && lookup.typeOf(method.id) === refs[0],
  };
  return forms[form](writing);
}

/** @param {string} base @param {Set<string>} used */
function freshLocal(base, used) {
  let name = base;
  for (let count = 2; used.has(name); count += 1) name = `${base}${count}`;
  used.add(name);
  return name;
}

/** @param {Method} method @param {string} result an Int */
function returned({ returns }, result) {
  if (returns === 'Double') return `Double(${result}) / 4`;
  return returns === 'String' ? `String(${result}, radix: 16)` : result;
}

/**
 * The Int that a call gives.
 * @param {Lookup} lookup
 * @param {Method} caller
 * @param {Method} callee
 * @param {number[]} numbers
 * @param {string} seed
 * @param {string} [subject] default: a new value, or the caller's own
 */
function callText(lookup, caller, callee, numbers, seed, subject) {
  const { name, isProperty, parameters } = lookup.signatureOf(callee);
  const passed = parameters
    .filter((parameter) => parameter.default === undefined)
    .map(({ id, label }) => `${label === '_' ? '' : `${label}: `}${numbers[id % numbers.length] + (id % 5)}`);
  const call = `${subjectOf(lookup, caller, callee, seed, subject)}${name}${isProperty ? '' : `(${passed.join(', ')})`}`;
  if (callee.returns === 'Double') return `Int(${call} * 4)`;
  return callee.returns === 'String' ? `(Int(${call}, radix: 16) ?? 0)` : call;
}

/** @param {Lookup} lookup @param {Method} caller @param {Method} callee @param {string} seed @param {string} [subject] */
function subjectOf(lookup, caller, callee, seed, subject) {
  if (subject !== undefined) return `${subject}.`;
  const type = lookup.typeOf(callee.id);
  if (type === undefined) return '';
  if (callee.isStatic) return `${type.name}.`;
  const isOwn = !caller.isStatic && lookup.typeOf(caller.id) === type;
  return isOwn ? '' : `${instanceOf(type, seed)}.`;
}

/** A value of a type, made from an Int. @param {NominalType} type @param {string} seed */
function instanceOf(type, seed) {
  if (type.kind !== 'enum') return `${type.name}(${type.label}: ${seed})`;
  if (type.shape === 'payload') return `${type.name}.make(${seed})`;
  const index = /^\d+$/.test(seed) ? seed : `abs(${seed})`;
  return `${type.name}.allCases[${index} % ${type.name}.allCases.count]`;
}

/** The Int that a field gives. @param {Field} field @param {string} text */
function readText({ type }, text) {
  switch (type) {
    case 'Double':
      return `Int(${text} * 10)`;
    case 'String':
      return `${text}.count`;
    case 'Bool':
      return `(${text} ? 3 : 1)`;
    case '[Int]':
      return `${text}.reduce(1, +)`;
    case 'Int?':
      return `(${text} ?? 5)`;
    default:
      return text;
  }
}

/** @param {Lookup} lookup @param {Method} method @param {Atom} atom */
function atomText(lookup, { sum }, atom) {
  if ('number' in atom) return String(atom.number);
  if ('rest' in atom) return `(${sum} % ${atom.rest})`;
  if ('parameter' in atom) return atom.parameter;
  if ('requirement' in atom) return requirementText(lookup, atom.requirement, 4);
  /** @type {Field} */
  const field = lookup.entity(atom.field);
  return readText(field, field.name);
}

/** The Int that a requirement gives. @param {Lookup} lookup @param {number} id @param {number} argument for all parameters */
function requirementText(lookup, id, argument) {
  /** @type {Method} */
  const { name, isProperty, parameters } = lookup.entity(id);
  if (isProperty) return name;
  return `${name}(${parameters.map(({ label }) => `${label === '_' ? '' : `${label}: `}${argument}`).join(', ')})`;
}

module.exports = { methodLines, headOf, instanceOf, requirementText };
