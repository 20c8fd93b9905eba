// A clock that only moves when nothing else can happen: what would be network delays become an exact order, without waiting.

const idle = () => new Promise((resolve) => setImmediate(resolve));

export class Clock {
  constructor() {
    this.now = 0;
    this.waiting = [];
  }

  // after resolves `delay` ticks from now; equal times resolve in the order in which they were asked for.
  after(delay) {
    return new Promise((resolve) => this.waiting.push({ at: this.now + delay, resolve }));
  }

  // drain lets every promise job run, then the next tick's waiter, and so on until nothing waits any more.
  async drain() {
    await idle();
    while (this.waiting.length > 0) {
      const next = this.waiting.reduce((a, b) => (b.at < a.at ? b : a));
      this.waiting.splice(this.waiting.indexOf(next), 1);
      this.now = next.at;
      next.resolve();
      await idle();
    }
  }
}
