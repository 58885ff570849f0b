/** As `Promise.all`, but waits for all of them in any case: when it is rejected, none of them is still at work. */
export async function allEnded<Values extends readonly unknown[]>(
  promises: readonly [...{ [Index in keyof Values]: Promise<Values[Index]> }],
): Promise<Values>;
export async function allEnded<Value>(promises: readonly Promise<Value>[]): Promise<Value[]>;
export async function allEnded(promises: readonly Promise<unknown>[]): Promise<unknown[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
