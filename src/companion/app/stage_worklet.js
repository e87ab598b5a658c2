// On the audio thread: the microphone as 16-bit mono at 16 kHz, 32 ms a frame, and how loud it is.
class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(sampleRate, 16_000);
    this.start();
  }

  start() {
    this.frame = new Int16Array(512);
    this.filled = 0;
    this.power = 0;
  }

  process([channels]) {
    if (channels.length) this.resampler.push(mixed(channels)).forEach(this.take, this);
    return true;
  }

  take(sample) {
    this.frame[this.filled++] = Math.max(-1, Math.min(1, sample)) * 32_767;
    this.power += sample * sample;
    if (this.filled < this.frame.length) return;
    const level = Math.sqrt(this.power / this.filled);
    this.port.postMessage({ sound: this.frame.buffer, level }, [this.frame.buffer]);
    this.start();
  }
}

function mixed(channels) {
  const one = new Float32Array(channels[0].length);
  for (const channel of channels)
    for (let i = 0; i < one.length; i++) one[i] += channel[i] / channels.length;
  return one;
}

registerProcessor("microphone", Microphone);
