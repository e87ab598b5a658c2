// Sound at another rate, piece by piece without a seam: a windowed sinc, whose cutoff keeps out what
// the lower of the two rates cannot hold. The audio thread and the page both use it.
class Resampler {
  constructor(from, to) {
    this.step = from / to;
    const cutoff = 0.94 * Math.min(1, to / from);
    this.reach = Math.ceil(16 / cutoff); // samples on either side
    this.table = Resampler.sinc(this.reach, cutoff);
    this.kept = new Float32Array(this.reach); // silence before the first sample
    this.at = this.reach; // of the next output, in `kept`
  }

  static FINE = 256; // steps of the table from one sample to the next

  static sinc(reach, cutoff) {
    const value = (x) => {
      const angle = Math.PI * cutoff * x;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * x) / reach);
      return cutoff * (x ? Math.sin(angle) / angle : 1) * window;
    };
    return Float32Array.from({ length: reach * Resampler.FINE + 1 }, (_, i) =>
      value(i / Resampler.FINE),
    );
  }

  push(samples) {
    if (this.step === 1) return samples;
    const all = new Float32Array(this.kept.length + samples.length);
    all.set(this.kept);
    all.set(samples, this.kept.length);
    const made = [];
    for (; this.at + this.reach < all.length; this.at += this.step) made.push(this.value(all));
    const done = Math.floor(this.at) - this.reach;
    this.kept = all.slice(done);
    this.at -= done;
    return Float32Array.from(made);
  }

  value(all) {
    let sum = 0;
    const last = Math.floor(this.at + this.reach);
    for (let i = Math.ceil(this.at - this.reach); i <= last; i++)
      sum += all[i] * this.table[Math.round(Math.abs(this.at - i) * Resampler.FINE)];
    return sum;
  }
}
