// Finds what the ids in a model stand for.

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').Entity} Entity */
/** @typedef {import('./model.js').Member} Member */
/** @typedef {import('./model.js').Method} Method */
/** @typedef {import('./model.js').Aggregate} Aggregate */
/** @typedef {import('./model.js').Enum} Enum */
/** @typedef {import('./model.js').NominalType} NominalType */
/** @typedef {{ entity: Entity, member: Member, file: number }} Place */

/** The entities of a model by id. Entities that are added are to be registered; those that are removed, forgotten. */
class Lookup {
  /** @type {Map<number, Place>} */
  #places = new Map();
  /** @type {Model} */
  model;

  /** @param {Model} model */
  constructor(model) {
    this.model = model;
    model.files.forEach((file, index) => {
      for (const member of file.members) this.register(member, index);
    });
  }

  /** Registers a member and everything in it; again, after an edit of it. @param {Member} member @param {number} file */
  register(member, file) {
    for (const entity of entitiesOf(member)) this.#places.set(entity.id, { entity, member, file });
  }

  /** @param {number} id */
  forget(id) {
    this.#places.delete(id);
  }

  /** @param {number} id @returns {Place} */
  place(id) {
    const place = this.#places.get(id);
    if (place === undefined) throw new Error(`the module has no declaration ${id}`);
    return place;
  }

  /** @template {Entity} [Found=Entity] @param {number} id @returns {Found} */
  entity(id) {
    return /** @type {Found} */ (this.place(id).entity);
  }

  /** @param {number} id */
  fileOf(id) {
    return this.place(id).file;
  }

  /** Every method and function. @returns {Method[]} */
  methods() {
    return [...this.#places.values()].flatMap(({ entity }) => (entity.kind === 'method' ? [entity] : []));
  }

  /** The type that a method belongs to, the extended one for an extension's. @param {number} method @returns {NominalType | undefined} */
  typeOf(method) {
    const { member } = this.place(method);
    if (member.kind === 'extension') return this.entity(member.target);
    return member.kind === 'struct' || member.kind === 'class' || member.kind === 'enum' ? member : undefined;
  }

  /** The stored fields of a type and its superclasses. @param {NominalType} type @returns {import('./model.js').Field[]} */
  fieldsOf(type) {
    if (type.kind === 'enum') return [];
    const inherited = type.superclass === undefined ? [] : this.fieldsOf(this.entity(type.superclass));
    return [...inherited, ...type.fields];
  }

  /** Whose name and parameters a method has. @param {Method} method @returns {Method} */
  signatureOf(method) {
    return method.like === undefined ? method : this.signatureOf(this.entity(method.like));
  }

  /** @param {Method} method */
  parametersOf(method) {
    return this.signatureOf(method).parameters;
  }
}

/** @param {Member} member @returns {Entity[]} */
function entitiesOf(member) {
  switch (member.kind) {
    case 'struct':
    case 'class':
      return [
        member,
        ...member.constants,
        ...member.fields,
        ...member.methods,
        ...(member.conformance ? [member.conformance.witness] : []),
      ];
    case 'enum':
      return [member, ...member.cases, ...member.methods];
    case 'protocol':
      return [member, member.requirement, member.fallback, member.total];
    case 'generic':
      return [member, member.fold];
    case 'extension':
      return [member, ...member.methods, ...(member.conformance ? [member.conformance.witness] : [])];
    default:
      return [member];
  }
}

/** The ids that a member refers to, in its own file and others. @param {Member} member @returns {number[]} */
function referencesOf(member) {
  const inside = entitiesOf(member).flatMap((entity) => {
    if (entity.kind === 'field') return typeof entity.type === 'string' ? [] : [entity.type.type];
    if (entity.kind !== 'method') return [];
    const atoms = [entity.start, ...entity.statements.flatMap((statement) => statement.atoms)];
    return [
      ...entity.statements.flatMap((statement) => statement.references),
      ...atoms.flatMap((atom) => ('field' in atom ? [atom.field] : [])),
      ...(entity.like === undefined ? [] : [entity.like]),
    ];
  });
  if (member.kind === 'extension') return [member.target, ...(member.conformance ? [member.conformance.protocol] : []), ...inside];
  if (member.kind !== 'struct' && member.kind !== 'class') return inside;
  return [
    ...inside,
    ...(member.superclass === undefined ? [] : [member.superclass]),
    ...(member.conformance ? [member.conformance.protocol] : []),
  ];
}

module.exports = { Lookup, entitiesOf, referencesOf };
