/** Ends in another turn of the event loop: what is large is worked on in slices, with others' requests between them. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
