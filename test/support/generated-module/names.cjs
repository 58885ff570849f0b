// What the declarations of a generated module are called.

/** @typedef {import('./random.cjs').Random} Random */

/** @param {string} text */
const words = (text) => text.trim().split(/\s+/);

const things = words(`
  Anchor Archive Atlas Auction Badge Ballast Barge Beacon Berth Billing Branch Bridge Broker Budget Buoy Cabin Canal Cargo Catalog Chart
  Claim Coast Compass Convoy Courier Crane Customs Delivery Depot Dispatch Dock Draft Escort Estuary Export Ferry Fleet Forecast Freight
  Fuel Gangway Garage Harbor Hazard Hull Import Inspection Inventory Invoice Island Jetty Journey Keel Lagoon Lantern Lease Ledger Lighthouse
  Loading Locker Manifest Marina Market Mooring Navigation Office Order Pallet Parcel Passage Payment Permit Pilot Pier Port Quay Quota
  Rebate Receipt Refund Region Reservation Route Rudder Safety Sail Sensor Shipment Signal Sluice Station Storage Supplier Surcharge Tanker
  Tariff Terminal Ticket Tide Towing Trade Transit Tug Vessel Voyage Wagon Warehouse Waypoint Weather Wharf Winch Yard
`);
const roles = words(`
  Account Agenda Board Book Card Case Check Control Count Desk Entry Event Folder Guide Kind List Log Map Mark Model Note Notice Pack Plan
  Policy Profile Record Report Rule Schedule Series Sheet Slot Stage State Summary Table Term Track Unit View Zone
`);
const qualities = words(`
  active annual average base bulk busy common daily direct double early extra final first fixed gross heavy inner joint large late light
  local lower main major minor monthly net next normal open outer past peak plain prior quiet rapid regular remote second shared sharp short
  single small spare steady third total upper urgent usual valid weekly whole wide
`);
const verbs = words(`
  adjust allocate appraise assess audit balance bill book calculate check clear collect combine compare count cover derive divide estimate
  extend figure forecast gather grade inspect judge level limit list measure merge meter monitor order pack plan price project rank rate
  reckon record refine reserve resolve review scale score settle shift sort split study sum survey tally track trim update value verify weigh
`);

/** Of parameters: a word each, so that no field, whose names have two, is hidden by one. */
const parameterNames = words('amount base count factor hours level limit offset rate share step units weight');

const labels = words('seed number code index position');

/** Gives names that it has not given before, whatever they are for: nothing in the module hides or overloads anything else. */
class Names {
  /** @type {Set<string>} */
  #given = new Set();

  /** Of a type or file: `HarborLedger`. @param {Random} random */
  type(random) {
    return this.#fresh(random, () => random.pick(things) + random.pick(roles));
  }

  /** Of a protocol: `HarborLedgerChecking`. @param {Random} random */
  protocol(random) {
    return this.#fresh(random, () => `${random.pick(things)}${capitalized(random.pick(verbs).replace(/e$/, ''))}ing`);
  }

  /** Of a function or method: `weighCargo`. @param {Random} random */
  action(random) {
    return this.#fresh(random, () => random.pick(verbs) + random.pick(things));
  }

  /** Of a field, property, constant, global variable or case: `netTariff`. @param {Random} random */
  value(random) {
    return this.#fresh(random, () => random.pick(qualities) + random.pick(things));
  }

  /**
   * @param {Random} random
   * @param {() => string} make
   */
  #fresh(random, make) {
    let name = make();
    while (this.#given.has(name)) name = make() + random.pick(roles);
    this.#given.add(name);
    return name;
  }
}

/** @param {string} word */
const capitalized = (word) => word[0].toUpperCase() + word.slice(1);

/** A word for comments and strings. @param {Random} random */
const plainWord = (random) => random.pick(things).toLowerCase();

module.exports = { Names, capitalized, labels, parameterNames, plainWord };
