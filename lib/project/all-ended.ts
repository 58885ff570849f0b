/** As `Promise.all`, but waits for all of them in any case: when it is rejected, none of them is still at work. */
export async function allEnded<Values extends readonly unknown[]>(
  promises: readonly [...{ [Index in keyof Values]: Promise<Values[Index]> }],
): Promise<Values>;
export async function allEnded<Value>(promises: readonly Promise<Value>[]): Promise<Value[]>;
export async function allEnded(promises: readonly Promise<unknown>[]): Promise<unknown[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/** The results for some items, in their order, of which no more than `most` are worked on at a time. As `allEnded` where one is rejected, and no other begins. */
export async function mapEnded<Item, Value>(items: readonly Item[], most: number, work: (item: Item) => Promise<Value>): Promise<Value[]> {
  const results: Value[] = [];
  const waiting = items.entries();
  let hasFailed = false;
  const worker = async () => {
    for (const [index, item] of waiting) {
      if (hasFailed) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await allEnded(Array.from({ length: Math.min(most, items.length) }, worker));
  return results;
}
