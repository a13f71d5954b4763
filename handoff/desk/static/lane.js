/** Things that take long and would slow each other down: a few of them at once, the others in their turn. */

/** A function that runs the step it is given, at most `most` of them at once, and returns what the step returns. */
export function lane(most) {
  const waiting = [];
  let free = most;
  return async (step) => {
    if (free) free--;
    else await new Promise((resolve) => waiting.push(resolve));
    try {
      return await step();
    } finally {
      // whoever waits takes the place itself: nobody who comes meanwhile does
      if (waiting.length) waiting.shift()();
      else free++;
    }
  };
}
