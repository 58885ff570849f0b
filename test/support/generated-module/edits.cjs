// Edits of a model: each is one that a programmer makes, and leaves a module that compiles.

const { moduli } = require('./declarations.cjs');
const { isAggregate, isScalar, usesOf } = require('./uses.cjs');
const { referencesOf } = require('./lookup.cjs');

/** @typedef {import('./lookup.cjs').Lookup} Lookup */
/** @typedef {import('./random.cjs').Random} Random */
/** @typedef {import('./declarations.cjs').Declarations} Declarations */
/** @typedef {import('./model.js').Member} Member */
/** @typedef {import('./model.js').Method} Method */

/** What an edit works on. @typedef {{ lookup: Lookup, random: Random, declarations: Declarations }} Workplace */
/** Edits the model and says what was done; nothing if there is nothing to do it to. @typedef {(at: Workplace) => string | undefined} Edit */

/** Edits that leave the declarations of the module as they are. @type {Record<string, Edit>} */
const bodyEdits = {
  body: ({ lookup, random }) => {
    const method = random.pick(lookup.methods().filter(({ role }) => role !== 'requirement' && role !== 'witness'));
    changeResult(method, random);
    return `the body of ${lookup.signatureOf(method).name}`;
  },
  statement: ({ lookup, random, declarations }) => {
    const method = random.pick(lookup.methods().filter(({ role, statements }) => role === 'plain' && statements.length > 0));
    const position = random.integer(0, method.statements.length - 1);
    const { importsFoundation } = lookup.model.files[lookup.fileOf(method.id)];
    method.statements[position] = declarations.plainStatement(method, lookup.typeOf(method.id), importsFoundation);
    return `a statement of ${method.name}`;
  },
  witness: ({ lookup, random }) => {
    const witnesses = lookup.methods().filter(({ id, role }) => role === 'witness' && isPresent(lookup.place(id).member));
    if (witnesses.length === 0) return undefined;
    const witness = random.pick(witnesses);
    changeResult(witness, random);
    return `the witness of ${lookup.signatureOf(witness).name} in ${fileName(lookup, witness.id)}`;
  },
  global: ({ lookup, random }) => {
    const globals = members(lookup).flatMap((member) => (member.kind === 'global' ? [member] : []));
    if (globals.length === 0) return undefined;
    const global = random.pick(globals);
    global.value += random.integer(1, 90);
    return `the value of ${global.name}`;
  },
};

/** Edits of what other files see. @type {Record<string, Edit>} */
const interfaceEdits = {
  'new method': (at) => {
    const type = at.random.pick(members(at.lookup).filter(hasMethods));
    const method = at.declarations.method({ returns: at.random.pick(/** @type {const} */ (['Int', 'String'])) });
    insert(type.methods, method, at.random);
    return addAndUse(at, type, method, type.kind === 'extension' ? at.lookup.entity(type.target) : type);
  },
  signature: (at) => {
    const { lookup, random, declarations } = at;
    const method = pickShared(
      at,
      lookup.methods().filter(({ role, isProperty }) => (role === 'plain' || role === 'requirement') && !isProperty),
    );
    const { name, parameters } = method;
    if (parameters.length > 2) parameters[0].label = `at${random.integer(2, 99)}`;
    // Those with defaults stay last: an argument without a label is taken for the first parameter without one.
    else parameters.unshift(declarations.parameter(parameters.map((parameter) => parameter.name)));
    return `the parameters of ${name} and all its callers`;
  },
  'default argument': (at) => {
    const { lookup, random, declarations } = at;
    const method = pickShared(
      at,
      ownSignatures(lookup).filter(({ isProperty }) => !isProperty),
    );
    const known = method.parameters.find((parameter) => parameter.default !== undefined);
    if (known?.default !== undefined) {
      known.default += random.integer(1, 9);
      return `the default argument of ${method.name}`;
    }
    const taken = method.parameters.map(({ name }) => name);
    const added = declarations.parameter(taken, random.integer(2, 30));
    method.parameters.push(added);
    const statement = declarations.statement({ form: 'weighted', references: [] }, method);
    method.statements.push({ ...statement, atoms: [{ parameter: added.name }, { parameter: added.name }] });
    return `a parameter of ${method.name} with a default argument`;
  },
  'return type': (at) => {
    const { lookup, random } = at;
    const method = pickShared(at, ownSignatures(lookup));
    method.returns = random.pick(/** @type {const} */ (['Int', 'Double', 'String']).filter((type) => type !== method.returns));
    changeResult(method, random);
    return `the return type of ${method.name} and all its callers`;
  },
  'new case': ({ lookup, random, declarations }) => {
    const enums = members(lookup).flatMap((member) => (member.kind === 'enum' && member.cases.length < 8 ? [member] : []));
    if (enums.length === 0) return undefined;
    const type = random.pick(enums);
    const added = declarations.case(type.shape, Math.max(...type.cases.map(({ number }) => Math.floor(number / 10))) + 1);
    insert(type.cases, added, random);
    lookup.register(type, lookup.fileOf(type.id));
    return `a case of ${type.name}, in all switches too`;
  },
};

/** Edits of where fields lie in memory. @type {Record<string, Edit>} */
const layoutEdits = {
  'new field': (at) => {
    const { lookup, random, declarations } = at;
    const type = random.pick(members(lookup).filter(isAggregate));
    // What the type derives, every scalar has.
    const field = declarations.field();
    insert(type.fields, field, random);
    lookup.register(type, lookup.fileOf(type.id));
    const user = pickUser(at, type, 0);
    if (user) addStatement(at, user, { form: 'members', references: [type.id, field.id] });
    return `a field added to ${type.name}`;
  },
  'removed field': (at) => {
    const { lookup, random } = at;
    const types = members(lookup)
      .filter(isAggregate)
      .filter(({ fields }) => fields.filter(isScalar).length > 1);
    if (types.length === 0) return undefined;
    const type = random.pick(types);
    const field = random.pick(type.fields.filter(isScalar));
    type.fields.splice(type.fields.indexOf(field), 1);
    removeUses(at, [field.id]);
    lookup.forget(field.id);
    return `a field removed from ${type.name}`;
  },
  'moved field': ({ lookup, random }) => {
    const type = random.pick(
      members(lookup)
        .filter(isAggregate)
        .filter(({ fields }) => fields.length > 1),
    );
    const [first, ...rest] = type.fields;
    type.fields = [...rest, first];
    return `the order of the fields of ${type.name}`;
  },
};

/** Edits of which declarations there are. @type {Record<string, Edit>} */
const declarationEdits = {
  'added declaration': (at) => {
    const { lookup, random, declarations } = at;
    const file = random.integer(0, lookup.model.files.length - 2);
    const { members: list } = lookup.model.files[file];
    const added = random.pick([() => declarations.global(), () => declarations.method(), () => declarations.aggregate('struct')])();
    insert(list, added, random);
    lookup.register(added, file);
    if (added.kind === 'method') added.statements.push(declarations.plainStatement(added));
    useSomewhere(at, added);
    return `${added.name}, new in ${lookup.model.files[file].name}`;
  },
  'removed declaration': (at) => {
    const { lookup, random } = at;
    const used = new Set(members(lookup).flatMap(referencesOf));
    const removable = ownSignatures(lookup);
    const unused = removable.filter(({ id }) => !used.has(id));
    const method = random.pick(unused.length > 0 ? unused : removable);
    removeMethod(lookup, method);
    removeUses(at, [method.id]);
    return `${method.name} removed`;
  },
  conformance: ({ lookup, random }) => {
    const optional = members(lookup).flatMap((member) => (member.kind === 'extension' && member.conformance ? [member] : []));
    if (optional.length === 0) return undefined;
    const { conformance, target } = random.pick(optional);
    if (conformance === undefined) return undefined;
    conformance.present = !conformance.present;
    const names = [target, conformance.protocol].map((id) => /** @type {any} */ (lookup.entity(id)).name);
    return `the conformance of ${names.join(' to ')} ${conformance.present ? 'added' : 'removed'}`;
  },
};

/** One change, of one kind. @type {Record<string, Edit>} */
const singleEdits = { ...bodyEdits, ...interfaceEdits, ...layoutEdits, ...declarationEdits };

/** @param {Method} method @param {Random} random */
function changeResult({ tail }, random) {
  tail.offset += random.integer(1, 400);
  if (random.chance(0.3)) tail.factor += random.integer(1, 9);
  if (random.chance(0.2)) tail.modulus = random.pick(moduli);
}

/** Adds a method to its type, gives it a body, and another file a use of it. @param {Workplace} at @param {Member} owner @param {Method} method @param {import('./model.js').NominalType} type */
function addAndUse(at, owner, method, type) {
  const { lookup, declarations } = at;
  lookup.register(owner, lookup.fileOf(owner.id));
  const statement = type.kind === 'enum' ? { form: 'cases', references: [type.id] } : undefined;
  method.statements.push(statement ? declarations.statement(statement, method, type) : declarations.plainStatement(method, type));
  const user = pickUser(at, owner, method.level);
  if (user) addStatement(at, user, { form: 'call', references: [method.id] });
  return `${method.name}, a new method of ${type.name}`;
}

/** @param {Workplace} at @param {Member} member */
function useSomewhere(at, member) {
  const user = pickUser(at, member, 0);
  if (user === undefined) return;
  const { lookup, random } = at;
  const uses = usesOf(lookup, member, { level: user.level, importsFoundation: false, random, known: [member] });
  if (uses.length > 0) addStatement(at, user, random.pick(uses));
}

/** The functions and methods that no other has to be like. @param {Lookup} lookup */
function ownSignatures(lookup) {
  const followed = new Set(lookup.methods().map(({ like }) => like));
  return lookup.methods().filter(({ id, role }) => role === 'plain' && !followed.has(id));
}

/** One of the methods, if there is one that other files call, one of those. @param {Workplace} at @param {Method[]} methods */
function pickShared({ lookup, random }, methods) {
  const shared = new Set(
    members(lookup).flatMap((member) => referencesOf(member).filter((id) => lookup.fileOf(id) !== lookup.fileOf(member.id))),
  );
  const called = methods.filter(({ id }) => shared.has(id));
  return random.pick(called.length > 0 ? called : methods);
}

/** A method of a later file that may call something of this level. @param {Workplace} at @param {Member} member @param {number} level */
function pickUser({ lookup, random }, member, level) {
  const file = lookup.fileOf(member.id);
  const fits = (/** @type {Method} */ method) =>
    (method.role === 'plain' || method.role === 'entry') && method.level > level && lookup.fileOf(method.id) > file;
  const users = lookup.methods().filter(fits);
  return users.length > 0 ? random.pick(users) : undefined;
}

/** @param {Workplace} at @param {Method} method @param {import('./uses.cjs').Use} use */
function addStatement({ lookup, declarations }, method, use) {
  method.statements.push(declarations.statement(use, method, lookup.typeOf(method.id)));
}

/** Takes out all statements that use something, and what else reads it. @param {Workplace} at @param {number[]} ids */
function removeUses({ lookup, random }, ids) {
  const isGone = (/** @type {import('./model.js').Atom} */ atom) => 'field' in atom && ids.includes(atom.field);
  for (const method of lookup.methods()) {
    method.statements = method.statements.filter(
      ({ references, atoms }) => !references.some((id) => ids.includes(id)) && !atoms.some(isGone),
    );
    if (isGone(method.start)) method.start = { number: random.integer(2, 60) };
  }
}

/** @param {Lookup} lookup @param {Method} method */
function removeMethod(lookup, method) {
  const { member, file } = lookup.place(method.id);
  const list = hasMethods(member) ? member.methods : lookup.model.files[file].members;
  list.splice(list.indexOf(/** @type {any} */ (method)), 1);
  lookup.forget(method.id);
}

/** @param {Lookup} lookup */
const members = (lookup) => lookup.model.files.flatMap((file) => file.members);

/** @param {Member} member @returns {member is Extract<Member, { methods: Method[] }>} */
const hasMethods = (member) => 'methods' in member;

/** @param {Member} member */
const isPresent = (member) => member.kind !== 'extension' || member.conformance?.present === true;

/** @param {Lookup} lookup @param {number} id */
const fileName = (lookup, id) => lookup.model.files[lookup.fileOf(id)].name;

/** @template Item @param {Item[]} list @param {Item} item @param {Random} random */
const insert = (list, item, random) => list.splice(random.integer(0, list.length), 0, item);

module.exports = { singleEdits, changeResult };
