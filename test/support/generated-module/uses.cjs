// Which statements could use a declaration.

/** @typedef {import('./lookup.cjs').Lookup} Lookup */
/** @typedef {import('./random.cjs').Random} Random */
/** @typedef {import('./model.js').Member} Member */
/** @typedef {import('./model.js').Method} Method */
/** @typedef {import('./model.js').Aggregate} Aggregate */
/** @typedef {import('./model.js').NominalType} NominalType */
/** @typedef {import('./model.js').Protocol} Protocol */
/** @typedef {import('./model.js').Generic} Generic */

/** The form of a statement and what it refers to. @typedef {{ form: string, references: number[] }} Use */

/**
 * What the user of a declaration brings along.
 * @typedef {object} User
 * @property {number} level of the method that gets the statement
 * @property {boolean} importsFoundation
 * @property {Random} random
 * @property {Member[]} known the members of the files that may be used together with the declaration
 */

/**
 * The ways for a method to use a declaration of its own file or another.
 * @param {Lookup} lookup
 * @param {Member} member
 * @param {User} user
 * @returns {Use[]}
 */
function usesOf(lookup, member, user) {
  switch (member.kind) {
    case 'struct':
    case 'class':
      return [...callsOf(member.methods, user), ...usesOfAggregate(lookup, member, user)];
    case 'enum':
      return [...callsOf(member.methods, user), { form: 'cases', references: [member.id] }];
    case 'extension':
      return callsOf(member.methods, user);
    case 'method':
      return callsOf([member], user);
    case 'global':
      return [{ form: 'global', references: [member.id] }];
    case 'protocol':
      return usesOfProtocol(member, user);
    case 'generic':
      return usesOfGeneric(lookup, member, user);
  }
}

/** @param {Method[]} methods @param {User} user @returns {Use[]} */
function callsOf(methods, { level }) {
  const callable = methods.filter((method) => method.role === 'plain' && method.level < level);
  return callable.map((method) => ({ form: 'call', references: [method.id] }));
}

/** @param {Lookup} lookup @param {Aggregate} type @param {User} user @returns {Use[]} */
function usesOfAggregate(lookup, type, { level, importsFoundation, random, known }) {
  const scalars = random.shuffle(lookup.fieldsOf(type).filter((field) => typeof field.type === 'string'));
  const whole = scalars.find((field) => field.type === 'Int');
  const { id, derives, constants } = type;
  /** @type {Use[]} */
  const uses = constants.map((constant) => ({ form: 'constant', references: [id, constant.id] }));
  if (scalars.length > 0) uses.push({ form: 'members', references: [id, ...scalars.slice(0, 2).map((field) => field.id)] });
  if (whole) uses.push({ form: 'keyPath', references: [id, whole.id] });
  if (derives.includes('Hashable')) uses.push({ form: 'unique', references: [id] });
  if (derives.includes('Codable') && importsFoundation && whole) uses.push({ form: 'coded', references: [id, whole.id] });
  const derived = known.find((other) => other.kind === 'class' && other.superclass === id);
  const shared = type.methods.find((method) => method.role === 'plain' && !method.isStatic && method.level < level);
  if (derived && shared) uses.push({ form: 'fleet', references: [id, derived.id, shared.id] });
  return uses;
}

/** @param {Protocol} protocol @param {User} user @returns {Use[]} */
function usesOfProtocol({ id }, { random, known }) {
  const conforming = random.shuffle(known.filter((member) => isAggregate(member) && member.conformance?.protocol === id));
  if (conforming.length === 0) return [];
  return [
    { form: 'existential', references: [id, ...conforming.slice(0, 2).map((type) => type.id)] },
    { form: 'constrained', references: [id, conforming[0].id] },
  ];
}

/** @param {Lookup} lookup @param {Generic} generic @param {User} user @returns {Use[]} */
function usesOfGeneric(lookup, { id }, { random, known }) {
  const element = random.shuffle(known.filter(isAggregate)).find((type) => lookup.fieldsOf(type).some(isScalar));
  if (element === undefined) return [];
  const field = random.pick(lookup.fieldsOf(element).filter(isScalar));
  return [{ form: 'contained', references: [id, element.id, field.id] }];
}

/** @param {Member} member @returns {member is Aggregate} */
const isAggregate = (member) => member.kind === 'struct' || member.kind === 'class';

/** @param {import('./model.js').Field} field */
const isScalar = ({ type }) => typeof type === 'string';

module.exports = { usesOf, isAggregate, isScalar };
